#!/bin/sh
# The first tour of README.md: from sign-up to a refresh token that somebody has copied.
# Usage: tour.sh LOG, the file or stream where `ostiary serve` writes, for the mails are there.
set -eu
log=$1
base=${BASE:-http://localhost:8080}
email=ada-$$@example.com
password='an unlikely sentence of ours'

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }
post() { curl -sS "$base$1" -H 'Content-Type: application/json' -d "$2"; }
refresh() {
    token=$1
    shift
    curl -sS "$base/oauth2/token" -d grant_type=refresh_token -d "refresh_token=$token" "$@"
}

# The last mail to the address that holds what is looked for.
mail() {
    for _ in $(seq 100); do
        found=$(sed -n "/^To: $email/,/^---/p" "$log" | sed -n "$1" | tail -1)
        if [ -n "$found" ]; then printf '%s' "$found"; return; fi
        sleep 0.1
    done
    echo "no mail to $email in $log" >&2
    exit 1
}

say "1. Ada signs up; there is no account yet, but a mail"
attempt=$(post /api/v1/auth/sign-up \
    "{\"email\":\"$email\",\"password\":\"$password\",\"display_name\":\"Ada\"}" \
    | tee /dev/stderr | field attempt_token)

say "2. The mail's code makes the account, and signs her in: R0"
code=$(mail 's/^ *Code:* *\([0-9]\{8\}\).*/\1/p')
r0=$(post /api/v1/auth/verify "{\"code\":\"$code\",\"attempt_token\":\"$attempt\"}" \
    | tee /dev/stderr | field refresh_token)

say "3. R0 gives R1, and R1 gives R2"
r1=$(refresh "$r0" | field refresh_token)
second=$(refresh "$r1")
r2=$(printf '%s' "$second" | field refresh_token)
access=$(printf '%s' "$second" | field access_token)
curl -sS "$base/api/v1/me" -H "Authorization: Bearer $access"

say "4. Somebody has copied R0 and uses it"
decision=$(refresh "$r0" -D - | tee /dev/stderr | tr -d '\r' | sed -n 's/^X-Decision-ID: //p')

say "5. The family is dead: R2 is refused, and so is the access token that came with it"
refresh "$r2"
curl -sS "$base/api/v1/me" -H "Authorization: Bearer $access"

say "6. Ada has mail"
mail 's/^Subject: \(A session of yours.*\)/\1/p'

say "7. She signs in again, and asks why: decision $decision"
access=$(post /api/v1/auth/sign-in "{\"email\":\"$email\",\"password\":\"$password\"}" \
    | field access_token)
curl -sS "$base/api/v1/decisions/$decision" -H "Authorization: Bearer $access"
echo
