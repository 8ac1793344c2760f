"""The services, and how each is started: Fulcio, the CT log (CTFE) and Rekor v1 over Trillian with
MariaDB, Rekor v2, the timestamp authority and the OIDC issuers."""

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

from instance import trust
from instance.daemons import Daemons, NotUp, answers
from instance.issuers import ISSUERS, Issuers
from instance.keys import PASSWORD, Keys
from instance.network import free_ports

# Trillian's own time between two looks for new entries is a second: a log's user waits for it.
SEQUENCER_INTERVAL = "100ms"
CHECKPOINT_INTERVAL = "1s"
# The database server goes on as root when it is told so, and needs no user of its own.
_AS_ROOT = ("--user=root",) if os.geteuid() == 0 else ()


class Sigstore:
    """Is up inside of its context. All it writes is below `directory`."""

    def __init__(self, cache: Path, directory: Path) -> None:
        self._cache = cache
        self._directory = directory
        self._stack = ExitStack()

    def __enter__(self) -> "Sigstore":
        with self._stack:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._keys = Keys(self._directory / "keys")
            self._issuers = self._stack.enter_context(Issuers(self._keys.issuer))
            self._daemons = self._stack.enter_context(Daemons(self._directory / "logs"))
            addresses = self._start()
            self._daemons.check()
            self.files = self._directory / "trust"
            trust.write(self.files, self._keys, addresses)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def variables(self) -> dict[str, str]:
        """What a command has to know."""
        issuers = {f"PYSIGN_{kind.upper()}_ISSUER": self._issuers.url(kind) for kind in ISSUERS}
        return {"PYSIGN_INSTANCE": str(self.files)} | issuers

    def _start(self) -> trust.Addresses:
        """What needs nothing first; each of the others once that which it needs is up."""
        self._start_database()
        tsa, rekor2 = self._start_tsa(), self._start_rekor2()
        log_server = self._start_trillian()
        ct, rekor = self._start_ct(log_server), self._start_rekor(log_server)
        fulcio = self._start_fulcio(ct)
        oidc = self._issuers.url("email")
        for name, url in (
            ("fulcio", f"{fulcio}/healthz"),
            ("tsa", f"{tsa}/ping"),
            ("rekor", f"{rekor}/ping"),
            ("rekor2", f"{rekor2}/healthz"),
            ("ct", f"{ct}/ct/v1/get-sth"),
        ):
            self._daemons.wait(name, answers(url))
        return trust.Addresses(fulcio, ct, rekor, rekor2, f"{tsa}/api/v1/timestamp", oidc)

    def _start_database(self) -> None:
        """On a socket in the directory, and no port. It may lose all with the machine."""
        data, self._socket = self._directory / "database", self._directory / "database.sock"
        how = ("--no-defaults", f"--datadir={data}", *_AS_ROOT)
        self._once("mariadb-install-db", *how, "--auth-root-authentication-method=normal")
        where = (f"--socket={self._socket}", "--skip-networking")
        where = (*where, "--innodb-flush-log-at-trx-commit=0")
        self._daemons.start("mariadbd", _path("mariadbd"), *how, *where)

        client = ("--no-defaults", f"--socket={self._socket}", "--user=root")
        ping = [_path("mariadb"), *client, "--execute=SELECT 1"]
        up = lambda: subprocess.run(ping, capture_output=True).returncode == 0
        self._daemons.wait("mariadbd", up)
        schema = (self._cache / "trillian-schema-1.7.3/storage.sql").read_text()
        tables = f"CREATE DATABASE trillian; USE trillian;\n{schema}"
        self._once("mariadb", *client, text=tables)

    def _start_trillian(self) -> str:
        rpc, http, signer_rpc, signer_http = free_ports(4)
        how = ("--quota_system=noop", "--storage_system=mysql", "--logtostderr")
        how = (*how, f"--mysql_uri={self._database()}")
        for name, program, rpc_port, http_port, more in (
            ("log_server", "trillian-server-1.7.3/trillian_log_server", rpc, http, ()),
            (
                "log_signer",
                "trillian-signer-1.7.3/trillian_log_signer",
                signer_rpc,
                signer_http,
                ("--force_master", f"--sequencer_interval={SEQUENCER_INTERVAL}"),
            ),
        ):
            at = (f"--rpc_endpoint=127.0.0.1:{rpc_port}", f"--http_endpoint=127.0.0.1:{http_port}")
            self._daemons.start(name, self._cache / program, *how, *at, *more)
        self._daemons.wait("log_server", answers(f"http://127.0.0.1:{http}/healthz"))
        self._daemons.wait("log_signer", answers(f"http://127.0.0.1:{signer_http}/healthz"))
        return f"127.0.0.1:{rpc}"

    def _start_ct(self, log_server: str) -> str:
        create = self._cache / "trillian-createtree-1.7.3/createtree"
        tree = self._once(create, f"--admin_server={log_server}").strip()
        key = f'path: "{self._keys.ct}" password: "{PASSWORD}"'
        config = self._directory / "ct.cfg"
        config.write_text(
            f'config {{ log_id: {tree} prefix: "log" ext_key_usages: "CodeSigning"\n'
            f'roots_pem_file: "{self._keys.fulcio_root}"\n'
            f"private_key: {{ [type.googleapis.com/keyspb.PEMKeyFile] {{ {key} }} }} }}\n"
        )
        [port] = free_ports(1)
        where = (f"--log_rpc_server={log_server}", f"--http_endpoint=127.0.0.1:{port}")
        program = self._cache / "ctfe-1.3.3/ct_server"
        self._daemons.start("ct", program, f"--log_config={config}", *where, "--logtostderr")
        return f"http://127.0.0.1:{port}/log"

    def _start_fulcio(self, ct: str) -> str:
        port, grpc, metrics = free_ports(3)
        config = self._directory / "fulcio.yaml"
        config.write_text(self._fulcio_config())
        self._daemons.start(
            "fulcio",
            self._cache / "fulcio-1.8.8/fulcio",
            *("serve", "--host=127.0.0.1", f"--port={port}", f"--metrics-port={metrics}"),
            *("--grpc-host=127.0.0.1", f"--grpc-port={grpc}", f"--config-path={config}"),
            *("--ca=fileca", f"--fileca-cert={self._keys.fulcio_chain}", "--fileca-watch=false"),
            *(f"--fileca-key={self._keys.fulcio}", f"--fileca-key-passwd={PASSWORD}"),
            *(f"--ct-log-url={ct}", f"--ct-log-public-key-path={self._keys.public('ct')}"),
        )
        return f"http://127.0.0.1:{port}"

    def _fulcio_config(self) -> str:
        """The public instance's own, so that a pipeline's claims become what they are there, with
        our issuers in the place of its."""
        public = (self._cache / "fulcio-config-1.8.8/config.yaml").read_text()
        types = ("type: email", "type: ci-provider, ci-provider: gitlab-pipeline")
        types = (*types, "type: ci-provider, ci-provider: github-workflow")
        lines = []
        for kind, how in zip(ISSUERS, types, strict=True):
            url = self._issuers.url(kind)
            lines.append(f"  {url}: {{issuer-url: {url}, client-id: sigstore, {how}}}\n")
        kept = _sections(public, "define", "ci-issuer-metadata")
        return f"{kept['define']}oidc-issuers:\n{''.join(lines)}{kept['ci-issuer-metadata']}"

    def _start_tsa(self) -> str:
        """Before Rekor v1: both serve metrics on port 2112 of all interfaces, and that the port is
        taken ends this one alone."""
        [port] = free_ports(1)
        program = self._cache / "timestamp-authority-2.1.3/timestamp-server"
        signer = ("--timestamp-signer=file", f"--file-signer-key-path={self._keys.tsa}")
        chain = f"--certificate-chain-path={self._keys.tsa_chain}"
        where = ("serve", "--host=127.0.0.1", f"--port={port}", "--disable-ntp-monitoring")
        self._daemons.start("tsa", program, *where, *signer, chain)
        self._daemons.wait("tsa", answers(f"http://127.0.0.1:{port}/ping"))
        return f"http://127.0.0.1:{port}"

    def _start_rekor(self, log_server: str) -> str:
        [port] = free_ports(1)
        host, _, rpc = log_server.partition(":")
        self._daemons.start(
            "rekor",
            self._cache / "rekor-1.5.4/rekor-server",
            *("serve", f"--port={port}", "--rekor_server.address=127.0.0.1"),
            *("--rekor_server.hostname=127.0.0.1", f"--rekor_server.signer={self._keys.rekor}"),
            f"--trillian_log_server.address={host}",
            f"--trillian_log_server.port={rpc}",
            "--search_index.storage_provider=mysql",
            f"--search_index.mysql.dsn={self._database()}",
        )
        return f"http://127.0.0.1:{port}"

    def _start_rekor2(self) -> str:
        port, grpc, metrics = free_ports(3)
        self._daemons.start(
            "rekor2",
            self._cache / "rekor-tiles-2.3.0/posix",
            *("serve", "--http-address=127.0.0.1", f"--http-port={port}"),
            *("--grpc-address=127.0.0.1", f"--grpc-port={grpc}", f"--http-metrics-port={metrics}"),
            *(f"--hostname={trust.ORIGIN}", f"--storage-dir={self._directory / 'rekor2'}"),
            *(f"--signer-filepath={self._keys.rekor2}", "--persistent-antispam=true"),
            f"--checkpoint-interval={CHECKPOINT_INTERVAL}",
        )
        return f"http://127.0.0.1:{port}"

    def _database(self) -> str:
        """For Go's driver."""
        return f"root@unix({self._socket})/trillian?parseTime=true&interpolateParams=true"

    def _once(self, program: object, *words: object, text: str = "") -> str:
        """Runs a program to its end; the answer is its standard output."""
        command = [_path(str(program)), *(str(word) for word in words)]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode:
            raise NotUp(f"{' '.join(command)}: {done.stderr}{done.stdout}")
        return done.stdout


def missing() -> str | None:
    """Why there can't be an instance on this machine."""
    programs = ("mariadbd", "mariadb", "mariadb-install-db", "openssl")
    absent = [name for name in programs if _found(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None


def _found(program: str) -> str | None:
    """Debian keeps daemons where only root looks."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _path(program: str) -> str:
    return _found(program) or program


def _sections(document: str, *names: str) -> dict[str, str]:
    """Members of a YAML document's top level, as text: Python itself reads no YAML."""
    found: dict[str, str] = {}
    name = ""
    for line in document.splitlines(keepends=True):
        if line[:1].isalpha():
            name = line.partition(":")[0]
        if name in names:
            found[name] = found.get(name, "") + line
    return found
