//! `--set`: values of `[project]` (PEP 621) that a release gives instead of the source.
//!
//! They are written into the private copy of `pyproject.toml` before the backend sees it, so that
//! the sdist says the same as the wheel. Metadata is never rewritten after a build.

use std::collections::BTreeMap;
use std::path::Path;

use pysign_ci::Job;
use pysign_host::{Env, Failure};
use pysign_manifest::{Map, ProjectName, Value, Version};
use toml_edit::{Item, TableLike, value};

use crate::Error;
use crate::project::PyProject;

/// One key that can be set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A member of `[project]` that is one string.
    Field(&'static str),
    /// An entry of `[project.urls]`, by its label.
    Url(String),
}

/// The members of `[project]` that are one string.
const FIELDS: &[&str] = &["description", "license", "name", "requires-python", "version"];

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Url(label) => write!(f, "urls.{label}"),
        }
    }
}

/// The values that are set, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides(BTreeMap<Key, String>);

impl Overrides {
    /// Reads the values of `--set`, each `KEY=VALUE`; gives the reason if one is wrong.
    pub(crate) fn parse(text: &str) -> Result<(Key, String), String> {
        let (key, text) = text.split_once('=').ok_or("expected KEY=VALUE")?;
        if text.chars().any(char::is_control) || text.trim() != text || text.is_empty() {
            return Err("the value must be one line of text".to_owned());
        }
        if let Some(label) = key.strip_prefix("urls.") {
            let is_label = !normal(label).is_empty() && !label.chars().any(char::is_control);
            let key = Key::Url(label.to_owned());
            return is_label.then(|| (key, text.to_owned())).ok_or("the URL needs a label".into());
        }
        let field = FIELDS.iter().find(|field| **field == key);
        let field = field.ok_or_else(|| format!("expected {} or urls.LABEL", FIELDS.join(", ")))?;
        let text = match *field {
            "name" => {
                let name: ProjectName =
                    text.parse().map_err(|_| "it is not a valid project name")?;
                name.original().to_owned()
            }
            // Its normal form: a backend may copy what it finds.
            "version" => {
                let version: Version = text.parse().map_err(|_| "it is not a valid version")?;
                version.to_string()
            }
            _ => text.to_owned(),
        };
        Ok((Key::Field(field), text))
    }

    /// Adds a value; the last one of a key counts.
    pub(crate) fn insert(&mut self, (key, text): (Key, String)) {
        self.0.insert(key, text);
    }

    /// Adds name and home page of the GitLab project, unless they are set: the name with hyphens as
    /// underscores, as in GitLab's guide.
    pub(crate) fn add_gitlab(&mut self, env: &Env) -> Result<(), Failure> {
        let job = Job::from_env(env)?.ok_or(Error::NotGitLab)?;
        let name = job.project_name().replace('-', "_");
        if name.parse::<ProjectName>().is_err() {
            let reason = format!(
                "'{name}', from the name of the GitLab project, is not a valid project name"
            );
            return Err(Error::Override { key: "name".to_owned(), reason }.into());
        }
        self.0.entry(Key::Field("name")).or_insert(name);
        self.0.entry(Key::Url("Homepage".to_owned())).or_insert_with(|| job.homepage().to_owned());
        Ok(())
    }

    /// Writes the values into `pyproject.toml` in `directory`.
    pub(crate) fn apply(&self, directory: &Path) -> Result<(), Error> {
        let Some((first, _)) = self.0.first_key_value() else { return Ok(()) };
        let refused = |key: &Key, reason: &str| Error::Override {
            key: key.to_string(),
            reason: reason.to_owned(),
        };
        let mut pyproject = PyProject::read(directory)?
            .ok_or_else(|| refused(first, "the project has no 'pyproject.toml'"))?;
        let project = pyproject.document.get_mut("project").and_then(Item::as_table_like_mut);
        let project =
            project.ok_or_else(|| refused(first, "'pyproject.toml' has no table 'project'"))?;
        for (key, text) in &self.0 {
            set(project, key, text).map_err(|reason| refused(key, &reason))?;
        }
        let text = pyproject.document.to_string();
        let unwritable =
            |cause| pysign_host::FileError::Unwritable { file: pyproject.path.clone(), cause };
        Ok(std::fs::write(&pyproject.path, text).map_err(unwritable)?)
    }

    /// Whether nothing is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member `overrides` of the manifest's entry.
    pub(crate) fn describe(&self) -> Map<String, Value> {
        self.0.iter().map(|(key, text)| (key.to_string(), text.as_str().into())).collect()
    }

    /// The version that the result must have.
    pub(crate) fn version(&self) -> Option<Version> {
        self.0.get(&Key::Field("version"))?.parse().ok()
    }

    /// The name that the result must have.
    pub(crate) fn name(&self) -> Option<ProjectName> {
        self.0.get(&Key::Field("name"))?.parse().ok()
    }
}

/// Sets one key of the table `[project]`; gives the reason if it can't be set.
fn set(project: &mut dyn TableLike, key: &Key, text: &str) -> Result<(), String> {
    let member = match key {
        Key::Field(name) => name,
        Key::Url(_) => "urls",
    };
    let dynamic = project.get("dynamic").and_then(Item::as_array);
    if dynamic.is_some_and(|list| list.iter().any(|name| name.as_str() == Some(member))) {
        return Err("pyproject.toml lists it as dynamic, so the backend decides".to_owned());
    }
    match key {
        Key::Field(name) => {
            if project.get(name).is_some_and(|item| !item.is_str()) {
                return Err(format!("'project.{name}' is not a string"));
            }
            put(project, name, text);
        }
        Key::Url(label) => {
            if !project.contains_key("urls") {
                project.insert("urls", toml_edit::table());
            }
            let urls = project.get_mut("urls").and_then(Item::as_table_like_mut);
            let urls = urls.ok_or("'project.urls' is not a table")?;
            // PEP 753: labels are compared without case, punctuation and white space.
            let same = |name: &&str| normal(name) == normal(label);
            let known = urls.iter().map(|(name, _)| name).find(same).map(str::to_owned);
            put(urls, known.as_deref().unwrap_or(label), text);
        }
    }
    Ok(())
}

/// Replaces the value and keeps the comments around it.
fn put(table: &mut dyn TableLike, name: &str, text: &str) {
    let mut new = value(text);
    if let (Some(old), Some(new)) = (table.get(name).and_then(Item::as_value), new.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    table.insert(name, new);
}

fn normal(label: &str) -> String {
    let kept = label.chars().filter(|c| !c.is_ascii_punctuation() && !c.is_whitespace());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Isolate;
    use crate::workspace::Workspace;
    use pysign_host::Host;

    const PROJECT: &str = "[project]\nname = \"demo\"  # as on the index\nversion = \"1.0\"\n\
                           dynamic = [\"description\"]\n\n[project.urls]\nhomepage = \"https://a\"\n";

    fn apply(pyproject: Option<&str>, sets: &[&str]) -> Result<String, Error> {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        if let Some(text) = pyproject {
            workspace.write("pyproject.toml", text.as_bytes()).unwrap();
        }
        let mut overrides = Overrides::default();
        for text in sets {
            overrides.insert(Overrides::parse(text).unwrap());
        }
        overrides.apply(workspace.path())?;
        Ok(std::fs::read_to_string(workspace.path().join("pyproject.toml")).unwrap())
    }

    #[test]
    fn what_is_set_is_changed_and_nothing_else() {
        let sets = ["version=v2.0-RC1", "urls.Homepage=https://b", "urls.Source=https://c"];
        let expected = PROJECT.replace("\"1.0\"", "\"2.0rc1\"").replace(
            "homepage = \"https://a\"\n",
            "homepage = \"https://b\"\nSource = \"https://c\"\n",
        );
        assert_eq!(apply(Some(PROJECT), &sets).unwrap(), expected);
        let renamed = apply(Some(PROJECT), &["name=Other"]).unwrap();
        assert_eq!(renamed, PROJECT.replace("\"demo\"", "\"Other\""));
    }

    #[test]
    fn a_missing_table_of_urls_is_made() {
        let text = apply(Some("project = {name = 'a'}\n"), &["urls.Homepage=https://b"]).unwrap();
        let document: toml_edit::DocumentMut = text.parse().unwrap();
        assert_eq!(document["project"]["urls"]["Homepage"].as_str(), Some("https://b"));
    }

    #[test]
    fn what_the_backend_decides_can_not_be_set() {
        let error = apply(Some(PROJECT), &["description=x"]).unwrap_err();
        assert!(matches!(error, Error::Override { key, .. } if key == "description"));
    }

    #[test]
    fn a_project_without_the_table_is_refused() {
        for text in [None, Some("[tool.poetry]\nversion = '1.0'\n"), Some("project = 1\n")] {
            let error = apply(text, &["version=2.0"]).unwrap_err();
            assert!(matches!(error, Error::Override { .. }), "{text:?}");
        }
        let error = apply(Some("[project]\nlicense = {file = 'x'}\n"), &["license=MIT"]);
        assert!(matches!(error, Err(Error::Override { .. })));
    }

    #[test]
    fn other_keys_and_values_are_refused() {
        assert!(Overrides::parse("version=1.0").is_ok());
        for text in [
            "version",
            "version=one",
            "version=",
            "name=-",
            "urls.=https://a",
            "readme=README",
            "description=two\nlines",
        ] {
            assert!(Overrides::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_gitlab_job_gives_name_and_page_unless_they_are_set() {
        let env = Env::from_pairs(&[
            ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
            ("CI_SERVER_URL", "https://gitlab.com"),
            ("CI_PROJECT_PATH", "acme/my-demo"),
            ("CI_PROJECT_NAME", "my-demo"),
            ("CI_PROJECT_ID", "5"),
        ]);
        let mut overrides = Overrides::default();
        overrides.add_gitlab(&env).unwrap();
        let expected = pysign_manifest::json!({
            "name": "my_demo", "urls.Homepage": "https://gitlab.com/acme/my-demo",
        });
        assert_eq!(Value::Object(overrides.describe()), expected);
        let mut overrides = Overrides::default();
        overrides.insert(Overrides::parse("name=other").unwrap());
        overrides.add_gitlab(&env).unwrap();
        assert_eq!(overrides.name(), Some("other".parse().unwrap()));
        assert!(Overrides::default().add_gitlab(&Env::from_pairs(&[])).is_err());
    }
}
