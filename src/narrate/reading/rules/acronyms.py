"""Acronyms: by letters, or as a word where people say one.

A name in capitals of two to five letters is spelled, unless it can be pronounced and has four or
five: `GPU` by letters, `RAID` as a word. Longer ones are words if they can be pronounced. Tables
hold what departs from that.
"""

from __future__ import annotations

import re

from narrate.reading.rules import numerals
from narrate.reading.rules.form import CAPITALS, DIGITS, DOTTED, Form, one_of, table, words

NAME = "acronyms"

SPOKEN = {
    "ASCII": "ascii",
    "ASIC": "A sick",
    "CMOS": "sea moss",
    "CPython": "C python",
    "CUDA": "kooda",
    "CRUD": "crud",
    "Ed25519": "E D two five five one nine",
    "DRAM": "D ram",
    "DOCX": "doc X",
    "FFmpeg": "F F M peg",
    "GIF": "gif",
    "GUI": "gooey",
    "ICMP": "I C M P",
    "IEEE": "I triple E",
    "JPEG": "jay peg",
    "JPG": "jay peg",
    "JSON": "jason",
    "JSONL": "jason L",
    "LaTeX": "lay tech",
    "LUFS": "luffs",
    "MPEG": "em peg",
    "NAACP": "N double A C P",
    "NVIDIA": "en vidia",
    "NVMe": "N V M E",
    "NumPy": "num pie",
    "OK": "okay",
    "OAuth": "oh auth",
    "OpenAI": "open A I",
    "OpenCV": "open C V",
    "OpenGL": "open G L",
    "PCIe": "P C I E",
    "PNG": "P N G",
    "PostgreSQL": "postgres",
    "PyPI": "pie P I",
    "PyTorch": "pie torch",
    "README": "read me",
    "SaaS": "sass",
    "SciPy": "sigh pie",
    "SHA": "shah",
    "SIMD": "sim D",
    "SQL": "sequel",
    "SQLite": "sequel light",
    "MySQL": "my sequel",
    "NoSQL": "no sequel",
    "SRAM": "S ram",
    "SSML": "S S M L",
    "TeX": "tech",
    "TOML": "tommel",
    "VRAM": "V ram",
    "WebGL": "web G L",
    "WYSIWYG": "wizzy wig",
    "WWI": "World War one",
    "WWII": "World War two",
    "WebSocket": "web socket",
    "XAML": "zammel",
    "YAML": "yammel",
    "ChatGPT": "chat G P T",
    "iOS": "I O S",
    "iPadOS": "I pad O S",
    "macOS": "mac O S",
    "tvOS": "T V O S",
    "visionOS": "vision O S",
    "watchOS": "watch O S",
    "gRPC": "G R P C",
    "eGPU": "E G P U",
    "LLaMA": "llama",
    "arXiv": "archive",
    "mRNA": "M R N A",
    "PhD": "P H D",
    "BSc": "B S C",
    "MSc": "M S C",
    "MoM": "month over month",
    "QoQ": "quarter over quarter",
    "YoY": "year over year",
    "WiFi": "why fie",
    "Wi-Fi": "why fie",
}
WORDS = words(
    """
    AIDS AJAX ARM AWOL BERT BIOS CAPTCHA CISC COBOL COVID DIMM FAQS FORTRAN GAN LAN LASER LIDAR MAC
    MIDI NAND NASA NATO NOR OLED OPEC PIN RADAR RAID RAM REST RISC ROM SAAS SAT SCSI SIM SOAP SONAR
    SWAT TIFF UNESCO UNICEF UNIX VIM WAN WAV YOLO ZIP
    """
)
"""Acronyms that are read as they are written."""

SPELLED = words(
    """
    AAC ABI AC AES AI AJ AMD API APK APR APU ASR AST ATM AUC AV AWS BBC CEO CI CIA CLI CPU CSS CSV
    CTO DB DC DIY DJ DNA DOI DOM DPU EC ECU EDA EOF EOL EPA ESA ETA EU FAQ FBI FIFO FPU GCC GDP
    GNU GPT GPU HR HTML HTTP HTTPS IBM ICU ID IDE IDF IDS IIR IMO IO IOT IP IPO IQ IR ISO ISP IT ITU
    JS LCA LED LIFO LLM LOC LPU MD MIT ML MP NLP NPU NTSC OCR OOM OOP OS OSS PC PDF PID PNG PR QA
    RGB RGBA RNA RNN ROC ROI RPC RSA SDK SEO SI SRE SSD SSH SVG TA TCP TLS TPU TTL TTS TV UDP UI UK
    UN URI URL US USA USB UTC UTF UUID UV UX VAT VIP VM VPN WWW XML XSS YTD
    """
)
"""Spelled even though they could be pronounced, and even in lower case within an identifier."""

SHOUTED = words(
    """
    ADD ALL AN AND ANY ARE AS AT BAD BE BIG BOTH BUT BY CAN DAY DID DO END FEW FOR GET GO GOOD GOT
    HAD HAS HE HER HIM HIS HOW IF IN IS ITS KEY LET LOW MAN MAX MAY ME MIN MY NEW NO NOT NOW OF OFF
    OLD ON ONE ONLY OR OUR OUT OWN RUN SAY SEE SET SHE SO STOP SUM THAT THE THIS TO TOO TOP TRY TWO
    UP USE VERY WAS WAY WE WHO WHY YES YET YOU
    """
)
"""Ordinary words, where someone writes them in capitals."""

_ONSETS = words(
    """
    BL BR CH CL CR DR DW FL FR GL GR KN KL KR PH PL PR QU SC SCH SCR SH SK SL SM SN SP SPL SPR ST
    STR SW TH THR TR TW WH WR
    """
)
_UNSAYABLE = re.compile(r"[^AEIOUY]{4}|[AEIOUY]{3}|[^AEIOUY]{3}$|[JQVW]$|H[^AEIOUY]")
_CHUNKS = re.compile(r"v(?=[0-9])|[A-Z]+(?![a-uw-z])|[A-Za-z][a-z]*|[0-9]+")
_ONSET = re.compile(r"[^AEIOUY]*")


def is_spelled(name: str) -> bool:
    """Whether a name in capitals is said by its letters."""
    if name in SPELLED:
        return True
    if name in WORDS or name in SHOUTED:
        return False
    return len(name) < 4 or not _pronounceable(name)


def _pronounceable(name: str) -> bool:
    onset = _ONSET.match(name)
    assert onset
    if len(onset[0]) > 1 and onset[0] not in _ONSETS:
        return False
    return not _UNSAYABLE.search(name)


def say_letters(name: str) -> str:
    """`GPU` as `G P U`."""
    return " ".join(name.upper())


def _caps(match: re.Match[str]) -> str | None:
    name, tail = match["name"], match["tail"] or ""
    if tail == "s" and len(name) == 1:
        return None
    if name in SPOKEN:
        return SPOKEN[name] + tail.lstrip("'’")
    if is_spelled(name):
        # The apostrophe keeps a voice from saying "us".
        return say_letters(name) + ("'s" if tail else "")
    if name in WORDS:
        return None
    return name.lower() + tail


def _mixed(match: re.Match[str]) -> str | None:
    """`IPv4`, `MP3`, `H264`, `3D`, `GPT-4`, `A100`, `UTF-8`, `RTX 4090`."""
    chunks = [_chunk(chunk) for chunk in _CHUNKS.findall(match[0])]
    if match[0].endswith("s") and match[0][-2].isdecimal():
        chunks[-2:] = [numerals.plural(chunks[-2])]
    return " ".join(chunks)


def _chunk(chunk: str) -> str:
    if chunk.isdecimal():
        return numerals.pairs(chunk)
    if chunk == "v":
        return "version"
    if chunk in SPOKEN:
        return SPOKEN[chunk]
    if len(chunk) == 1 or chunk.upper() in SPELLED:
        return say_letters(chunk)
    if chunk.isupper():
        return say_letters(chunk) if is_spelled(chunk) else chunk.lower()
    return chunk


def _dotted(match: re.Match[str]) -> str:
    """`U.S.`, with a full stop where the text ends."""
    said = say_letters(match[0].replace(".", ""))
    return f"{said}." if match.end() == len(match.string) else said


def _standard(match: re.Match[str]) -> str:
    """`ISO-8859-1`."""
    parts = " ".join(numerals.pairs(part) for part in match["number"].split("-"))
    return f"{say_letters(match['body'])} {parts}"


_NAMES = {name: said for name, said in SPOKEN.items() if not name.isupper()}
_PRODUCT = r"(?:[A-Z]{1,7}-|(?:RTX|GTX|RX|GT|ISO|RFC|USB|HDMI|DDR|MPEG|IEEE|HTTP)[ .]?|H\.)"

FORMS = (
    Form(
        CAPITALS | frozenset("n"),
        rf"(?<![\w./-])(?P<it>{one_of(_NAMES)})(?![\w/])",
        table(_NAMES),
    ),
    Form(
        DIGITS,
        rf"(?<![\w.]){_PRODUCT}[0-9]{{1,5}}[a-zA-Z]?(?![\w.-]*[0-9])(?!\w)",
        _mixed,
    ),
    Form(
        DIGITS,
        r"(?<![\w.,$])(?:[A-Za-z]{1,8}+v?[0-9]{1,5}|[0-9]{1,4}[A-Za-z])"
        r"(?:[A-Z]{0,3}|[a-z]?)(?![\w])"
        r"(?!\.[0-9])",
        _mixed,
    ),
    Form(
        DIGITS,
        r"(?<![\w.,$])(?=[A-Za-z]{0,9}[0-9])(?=[0-9]{0,9}[A-Za-z])[A-Za-z0-9]{2,16}(?!\w)",
        _mixed,
    ),
    Form(
        frozenset("-"),
        r"(?<!\w)(?P<body>ISO|IEC|IEEE)[- ](?P<number>[0-9]{3,5}(?:-[0-9]{1,4})+)(?![\w-])",
        _standard,
    ),
    Form(
        DOTTED,
        r"(?<![\w.])(?:(?:[A-Z]\.){2,6}|[ap]\.m\.)(?=\W|$)",
        _dotted,
    ),
    Form(
        CAPITALS,
        r"(?<!\w)(?<!\w['’])(?P<it>(?P<name>[A-Z]{2,24})(?P<tail>s|['’]s)?)(?!\w)",
        _caps,
    ),
)
