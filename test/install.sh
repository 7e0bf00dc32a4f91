#!/bin/sh
# Installs what the tests talk to: web servers (test/servers), what hosts are given to (test/hosts), package managers and what makes packages for them (test/clients), rsync (test/replicas), rsnapshot (test/operations).
# Does nothing where they are present; elsewhere than as root on Debian or Ubuntu it says which tests will be left out. A skipped test is reported as skipped, and fails where CI is set.
# What is no package of the machine goes where `npm ci` clears it away.
set -eu

cache="$(cd "$(dirname "$0")/.." && pwd)/node_modules/.cache/asof"

missing=""
need() { # need COMMAND-OR-FILE PACKAGE
  if ! command -v "$1" > /dev/null 2>&1 && [ ! -e "$1" ]; then missing="$missing $2"; fi
}
need nginx nginx-light
need apache2 apache2
need caddy caddy
need lighttpd lighttpd
need /usr/lib/lighttpd/mod_magnet.so lighttpd-modules-lua
need /usr/lib/lighttpd/mod_deflate.so lighttpd-mod-deflate
need chromium chromium
need njs njs
need rclone rclone
need rsync rsync
need rsnapshot rsnapshot
need strace strace
need xfs_io xfsprogs
need curl curl
need wget wget
need gpg gpg
need gpgv gpgv
need ssh-keygen openssh-client
need minisign minisign
need dnf dnf
need zypper zypper
need pacman pacman-package-manager
need rpmbuild rpm
need createrepo_c createrepo-c
need python3 python3
need pip3 python3-pip

install_missing() {
  # shellcheck disable=SC2086 # a list of package names
  apt-get install --yes --no-install-recommends $missing
}
install_packages() {
  if [ -z "$missing" ]; then return; fi
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null 2>&1; then
    echo "not installed:$missing; the tests that need them will be left out" >&2
    return
  fi
  # Some packages would start servers on port 80, which are not wanted here: policy-rc.d answers 101, "not allowed", while they are installed.
  policy=/usr/sbin/policy-rc.d
  made_policy=no
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    made_policy=yes
  fi
  trap 'if [ "$made_policy" = yes ]; then rm -f "$policy"; fi' EXIT
  export DEBIAN_FRONTEND=noninteractive
  install_missing || { apt-get update && install_missing; }
}

# The analyser of nginx configuration is a Python package.
gixy_version=0.2.59
install_gixy() {
  if [ -e "$cache/gixy/gixy_ng-$gixy_version.dist-info" ]; then return; fi
  rm -rf "$cache/gixy"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$cache/gixy" "gixy-ng==$gixy_version" ||
    echo "not installed: gixy-ng; test/redirects/nginx-analysis.test.ts will be left out" >&2
}

# apt knows snapshots since 2.7.12. Where this machine's is older, a newer one is unpacked into a folder of its own and run there: nothing of this machine's apt is changed.
debian_archive() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sort -u | head -n 1
}
unpack_newer_apt() {
  root="$cache/apt"
  if [ -e "$root/usr/bin/apt-get" ]; then return; fi
  # From wherever this machine has its own packages.
  archive=$(debian_archive)
  if [ -z "$archive" ]; then apt-get --quiet=2 update && archive=$(debian_archive); fi
  work=$(mktemp -d)
  mkdir -p "$work/etc/sources.list.d" "$work/etc/apt.conf.d" "$work/etc/preferences.d" "$work/state/lists/partial" "$work/cache/archives/partial" "$work/root"
  : > "$work/status"
  cat > "$work/etc/sources.list.d/trixie.sources" << SOURCES
Types: deb
URIs: $archive
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  cat > "$work/apt.conf" << CONF
Dir::Etc "$work/etc";
Dir::Etc::parts "/etc/apt/apt.conf.d";
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
CONF
  if APT_CONFIG="$work/apt.conf" apt-get --quiet=2 update &&
    APT_CONFIG="$work/apt.conf" apt-get --quiet=2 install --yes --download-only apt dpkg; then
    for package in "$work"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$work/root"; done
    for folder in bin lib lib64 sbin; do
      if [ ! -e "$work/root/$folder" ]; then ln -s "usr/$folder" "$work/root/$folder"; fi
    done
    mkdir -p "$work/root/tmp" "$work/root/dev" "$(dirname "$root")"
    mknod -m 666 "$work/root/dev/null" c 1 3
    rm -rf "$root"
    cp -a "$work/root" "$root"
  else
    echo "no newer apt could be had; the tests of apt's snapshots will be left out" >&2
  fi
  rm -rf "$work"
}
knows_snapshots() {
  command -v apt-get > /dev/null 2>&1 && dpkg --compare-versions "$(apt-get --version | awk 'NR == 1 { print $2 }')" ge 2.7.12
}
install_newer_apt() {
  if [ "$(id -u)" -eq 0 ] && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] && ! knows_snapshots; then unpack_newer_apt; fi
}

install_packages
install_gixy
install_newer_apt
