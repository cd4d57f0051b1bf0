"""Completions for bash and zsh of a program's help texts: commands, options, and file names everywhere else.

What has no commands, such as quaver-call, is taken to have options only. A function of a shell is named after the
program, with _ for what may not be in a name.
"""

BASH = """# Completions of {name} for bash, made of its help texts.
{function}() {{
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
complete -o default -o bashdefault -F {function} {name}
"""

BASH_ALONE = """# Completions of {name} for bash, made of its help text.
{function}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}}
  COMPREPLY=()
  [[ $word == -* ]] || return 0
  mapfile -t COMPREPLY < <(compgen -W '{options}' -- "$word")
}}
complete -o default -o bashdefault -F {function} {name}
"""

ZSH = """#compdef {name}
# Completions of {name} for zsh, made of its help texts.
{function}() {{
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
{function} "$@"
"""

ZSH_ALONE = """#compdef {name}
# Completions of {name} for zsh, made of its help text.
_arguments \\
  {options}
"""


def _function(name):
    return "_" + name.replace("-", "_")


def _words(text):
    return " ".join(f"{option.short} {option.long}".strip() for option in text.options)


def bash(name, top, commands):
    """`top` is the help text of the program, `commands` are (name, summary, help text) of each, none for some programs."""
    if not commands:
        return BASH_ALONE.format(name=name, function=_function(name), options=_words(top))
    cases = "\n".join(f"    {command}) options='{_words(text)}' ;;" for command, _, text in commands)
    return BASH.format(name=name, function=_function(name), commands=" ".join(command for command, _, _ in commands), cases=cases)


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


def zsh(name, top, commands):
    if not commands:
        return ZSH_ALONE.format(name=name, options=" \\\n  ".join(_specification(option) for option in top.options))
    described = "\n".join("    " + _quoted(f"{command}:{summary}".replace(": ", "\\: ")) for command, summary, _ in commands)
    cases = []
    for command, _, text in commands:
        options = " \\\n    ".join(_specification(option) for option in text.options)
        cases.append(f"  {command}) _arguments \\\n    {options} \\\n    '*:file:_files' ;;")
    return ZSH.format(name=name, function=_function(name), commands=described, cases="\n".join(cases))
