"""Technical names with signs in them: `C++`, `.NET`, `Node.js`."""

from __future__ import annotations

from narrate.reading.rules.form import Form, one_of, table

NAME = "names"

TABLE = {
    "TCP/IP": "T C P I P",
    "I/O": "I O",
    "CI/CD": "C I C D",
    "A/B": "A B",
    "N/A": "not applicable",
    "n/a": "not applicable",
    "R&D": "R and D",
    "Q&A": "Q and A",
    "AT&T": "A T and T",
    "C++": "C plus plus",
    "g++": "G plus plus",
    "C#": "C sharp",
    "A#": "A sharp",
    "D#": "D sharp",
    "G#": "G sharp",
    "F#": "F sharp",
    "J#": "J sharp",
    ".NET": "dot net",
    "ASP.NET": "A S P dot net",
    "Node.js": "node J S",
    "Next.js": "next J S",
    "Vue.js": "view J S",
    "Three.js": "three J S",
    "three.js": "three J S",
    "D3.js": "D three J S",
    "Notepad++": "notepad plus plus",
}
TOOLS = {
    "ffmpeg": "F F M peg",
    "json": "jason",
    "kubectl": "cube control",
    "nginx": "engine X",
    "numpy": "num pie",
    "psql": "P S Q L",
    "pytorch": "pie torch",
    "scipy": "sigh pie",
    "sqlite": "sequel light",
    "stderr": "standard error",
    "stdin": "standard in",
    "stdout": "standard out",
    "systemctl": "system control",
    "systemd": "system D",
    "wget": "W get",
    "yaml": "yammel",
}
"""Commands that are said otherwise than they are written, in prose too."""

FORMS = (
    Form(
        frozenset("+#.&/"),
        rf"(?<![\w.+#/])(?P<it>{one_of(TABLE)})(?![+#/]|\w(?<![0-9])|\.\w)",
        table(TABLE),
    ),
    Form(frozenset("anpt"), rf"(?<![\w.+#/-])(?:{one_of(TOOLS)})(?![\w/]|[.:]\w)", table(TOOLS)),
)
