# Git gives the name of the remote, and on standard input a line for each branch or tag that is pushed.
remote=$1
while read -r name commit _ there; do
	case $commit in
	*[!0]*) ;;
	*) continue ;; # it is deleted
	esac
	base=$(git rev-parse --quiet --verify "refs/remotes/$remote/HEAD^{commit}") ||
		base=$(git rev-parse --quiet --verify "$there^{commit}") || {
		echo "pre-push: nobody knows what $remote calls HEAD, so that $name is not judged: git remote set-head $remote --auto" >&2
		continue
	}
	"$countersign" check --base "$base" --head "$commit" --no-record || exit
done
