"""Completions for bash and zsh of a program's help texts: commands, options, and file names everywhere else."""

BASH = """# Completions of {name} for bash, made of its help texts.
_{name}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=${{COMP_WORDS[1]-}} options=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W '{commands} --help --version' -- "$word")
    return
  fi
  [[ $word == -* ]] || return 0
  case $command in
{cases}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}}
complete -o default -o bashdefault -F _{name} {name}
"""

ZSH = """#compdef {name}
# Completions of {name} for zsh, made of its help texts.
_{name}() {{
  local -a commands
  commands=(
{commands}
  )
  if ((CURRENT == 2)); then
    _describe -t commands '{name} command' commands
    _arguments '--help[print this text and end]' '--version[print the version and the built-in model]'
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
{cases}
  *) _files ;;
  esac
}}
_{name} "$@"
"""


def bash(name, commands):
    """`commands`: (name, summary, help text) of each."""
    cases = []
    for command, _, text in commands:
        options = " ".join(f"{option.short} {option.long}".strip() for option in text.options)
        cases.append(f"    {command}) options='{options}' ;;")
    return BASH.format(name=name, commands=" ".join(command for command, _, _ in commands), cases="\n".join(cases))


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def _specification(option):
    """What _arguments of zsh wants to know of an option."""
    text = option.text.split(". ")[0].split(" (default")[0]
    for character in "\\[]:":
        text = text.replace(character, "\\" + character)
    value = f":{option.value}:_files" if option.value else ""
    names = f"'({option.short} {option.long})'{{{option.short},{option.long}}}" if option.short else option.long
    return f"{names}{_quoted('[' + text + ']' + value)}"


def zsh(name, commands):
    described = "\n".join("    " + _quoted(f"{command}:{summary}".replace(": ", "\\: ")) for command, summary, _ in commands)
    cases = []
    for command, _, text in commands:
        options = " \\\n    ".join(_specification(option) for option in text.options)
        cases.append(f"  {command}) _arguments \\\n    {options} \\\n    '*:file:_files' ;;")
    return ZSH.format(name=name, commands=described, cases="\n".join(cases))
