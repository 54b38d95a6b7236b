_newline='
'
_tab=$(printf '\t')

# expand TEXT: sets $expanded to TEXT with its references filled in, each once.
# ${name} is a variable's value; $$ a dollar, $_ a space, $] a tab, $/ a new line, $[ a less-than sign, $, a per cent sign.
expand() {
  expanded='' _rest=$1
  while :; do
    case $_rest in
      *\$*) ;;
      *)
        expanded=$expanded$_rest
        return 0
        ;;
    esac
    expanded=$expanded${_rest%%\$*}
    _rest=${_rest#*\$}
    case $_rest in
      \$*) expanded=$expanded\$ _rest=${_rest#?} ;;
      _*) expanded="$expanded " _rest=${_rest#?} ;;
      ']'*) expanded=$expanded$_tab _rest=${_rest#?} ;;
      /*) expanded=$expanded$_newline _rest=${_rest#?} ;;
      '['*) expanded="$expanded<" _rest=${_rest#?} ;;
      ,*) expanded=$expanded% _rest=${_rest#?} ;;
      '{'*'}'*)
        _name=${_rest%%\}*} _name=${_name#?} _rest=${_rest#*\}}
        case $_name in
          '' | [0-9]* | *[!A-Za-z0-9_]*) fail "'$1' cannot be read; generate this file again" ;;
        esac
        eval "_value=\${$_name-} _set=\${$_name+set}"
        case $_name in
          [A-Z_]*) [ -n "$_value" ] || fail "\$$_name is empty in this job: set it in a context, in the project's settings, or in setup" ;;
          *) [ -n "$_set" ] || fail "\$$_name has no value in this run" ;;
        esac
        expanded=$expanded$_value
        ;;
      *) fail "'$1' cannot be read; generate this file again" ;;
    esac
  done
}

# names before|after: the names of the matrix as variables. One that needs what setup exports can only be had after it.
names() {
  for _name in git_branch git_tag; do
    eval "[ -n \"\${$_name-}\" ] || unset $_name"
  done
  if [ -n "${git_sha-}" ]; then
    git_short_sha=$(printf '%.8s' "$git_sha")
    export git_short_sha
  fi
  git_ref=${git_tag-${git_branch-}}
  if [ -n "$git_ref" ]; then export git_ref; else unset git_ref; fi
  for _word in ${SPLITBUILD_VARS-}; do
    case $_word in
      *=*) ;;
      *) eval "_word=$_word=\$SPLITBUILD_VAR_$_word" ;;
    esac
    if [ "$1" = after ] || (expand "${_word#*=}") 2>/dev/null; then
      expand "${_word#*=}"
      eval "${_word%%=*}=\$expanded"
      export "${_word%%=*}"
    else
      unset "${_word%%=*}"
    fi
  done
}
