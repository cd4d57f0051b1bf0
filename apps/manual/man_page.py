"""A man page (man(7), as groff knows it) of a help text."""

import re

import help_text

REMARK = re.compile(r" {3,}\(.*\)$")  # behind a usage line
PLACEHOLDER = re.compile(r"([A-Z]{2,})")
ITALIC = r"\\fI\1\\fR"


def plain(text):
    """Text in which nothing means anything to roff."""
    text = text.replace("\\", "\\e").replace("…", "...").replace("-", "\\-").replace("`", "\\`").replace("^", "\\(ha").replace("~", "\\(ti")
    return "\\&" + text if text[:1] in (".", "'") else text


def option_line(option):
    names = ", ".join(name for name in (option.short, option.long) if name)
    value = f" \\fI{plain(option.value)}\\fR" if option.value else ""
    return f"\\fB{plain(names)}\\fR{value}"


def usage_line(line, command):
    rest = REMARK.sub("", line.removeprefix(command).strip())
    return f"\\fB{plain(command)}\\fR {PLACEHOLDER.sub(ITALIC, plain(rest))}".rstrip()


def definitions(pairs):
    lines = []
    for name, text in pairs:
        lines += [".TP", f"\\fB{plain(name)}\\fR", plain(text)]
    return lines


def verbatim(lines):
    return [".PP", ".nf", ".RS 4", *(plain(line) for line in lines), ".RE", ".fi"]


def man_page(text, summary, version, see_also):
    """The page of one command. `summary` follows its name, `see_also` are the names of other pages."""
    page = text.command.replace(" ", "-")
    lines = [f'.TH {page.upper()} 1 "" "{version}" "User Commands"', ".SH NAME", f"{plain(page)} \\- {plain(summary)}", ".SH SYNOPSIS"]
    for usage in text.usage:
        lines += [usage_line(usage, text.command), ".br"]
    lines.append(".SH DESCRIPTION")
    for paragraph in text.description:
        if paragraph[0].startswith("  "):
            lines += verbatim([line.removeprefix("  ") for line in paragraph])
        else:
            lines += [".PP", *(plain(line) for line in paragraph)]
    for title, names in text.blocks.items():
        if title == "Commands":
            lines += [".SH COMMANDS", *definitions(help_text.entries(names))]
    if text.options:
        lines.append(".SH OPTIONS")
    for option in text.options:
        lines += [".TP", option_line(option), plain(option.text)]
    if "Exit codes" in text.blocks:
        lines += [".SH EXIT STATUS", *definitions(help_text.entries(text.blocks["Exit codes"]))]
    if "Examples" in text.blocks:
        lines += [".SH EXAMPLES", *verbatim(text.blocks["Examples"])]
    if see_also:
        lines += [".SH SEE ALSO", ",\n".join(f"\\fB{plain(name)}\\fR(1)" for name in see_also)]
    return "\n".join(lines) + "\n"
