# own TAGS TEMPLATE...: what an image makes of these tags of the workflow, each once.
own() (
  from=$1 all=
  shift
  for template; do
    for tag in $from; do
      [ "$tag" = "$plain" ] && prefix= || prefix=$tag-
      made=$(echo "$template" | sed "s/{tag_prefix}/$prefix/; s/{tag}/$tag/g")
      case " $all " in *" $made "*) ;; *) all="$all $made" ;; esac
    done
  done
  echo "${all# }"
)
