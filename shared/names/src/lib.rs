//! Names that PyPI defines: projects, versions, wheels, sdists, requirements.
