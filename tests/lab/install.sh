#!/bin/sh
# Installs the Debian packages that tests/lab needs. Safe to run again: what is there is left alone.
# Without root or apt-get it says so and ends with 0, so that `make test` goes on without the lab.
set -eu

packages="
bind9-dnsutils
ca-certificates
chromium
curl
knot
nginx
openssl
postfix
sslscan
testssl.sh
unbound
"

if [ "$(id -u)" -ne 0 ]; then
    echo "lab: nothing installed: not root (the lab binds ports 25, 53, 80 and 443, so its tests need root too)"
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "lab: nothing installed: no apt-get here (the lab runs on Debian and its relatives)"
    exit 0
fi

missing=""
for package in $packages; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = "installed" ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "lab: every package is there already"
    exit 0
fi

# The packages bring daemons that would start at once on the machine's own addresses.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
# Remembered before the install: a daemon of the machine's owner is not ours to disable.
new_units=""
for unit in nginx knot unbound postfix; do
    dpkg-query -W "$unit" >/dev/null 2>&1 || new_units="$new_units $unit"
done

export DEBIAN_FRONTEND=noninteractive
echo "lab: installing$missing"
apt-get update -qq
if command -v debconf-set-selections >/dev/null 2>&1; then
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
fi
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null

# policy-rc.d stops them now; this stops them at the next boot.
if [ -d /run/systemd/system ]; then
    for unit in $new_units; do
        systemctl disable --quiet "$unit" || echo "lab: could not disable $unit; it may start at boot"
    done
fi
echo "lab: installed$missing"
