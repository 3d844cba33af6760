# Read by tests/cli/service_boot.sh: puts Ivy below /opt/ivy as a clone and releases that `ivy upgrade` makes without a network.
# A release is the tree's code with the clone's own `migrations`, `unit` and `quirk.py`.
watchdog=60s restart=
mkdir -p /opt/tree /opt/ivy/source/scripts /opt/ivy/source/ivy /opt/ivy/releases
mount --bind "$source" /opt/tree
mkdir -p /var/cache/ldconfig
mount -t tmpfs tmpfs /var/cache/ldconfig
sed -i '1i /opt/python/lib' /etc/ld.so.conf # of /etc's copy: a Python may need its own library, and homes are closed to ivy
ldconfig

cd /opt/ivy/source
cp /opt/tree/ivy/__init__.py ivy/
cp -R /opt/tree/migrations migrations
cp /opt/tree/ivy/data/service/ivy.service unit
touch quirk.py
printf '# Changelog\n' > CHANGELOG.md
cat > scripts/release << 'END'
#!/usr/bin/env bash
set -euo pipefail
umask 022
root=$(cd "$(dirname "$0")/.." && pwd)
"$2" -m venv --without-pip "$1"
site=$(echo "$1"/lib/python*/site-packages)
cp -R /opt/tree/ivy "$site/ivy"
cp -R "$root/migrations" "$site/ivy/migrations"
cp "$root/unit" "$site/ivy/data/service/ivy.service"
cp "$root/quirk.py" "$site/quirk.py"
printf '%s\nimport quirk\n' /opt/site > "$site/ivy.pth"
printf '#!%s/bin/python\nfrom ivy.cli.app import main\nmain()\n' "$1" > "$1/bin/ivy"
chmod +x "$1/bin/ivy"
cp "$root/CHANGELOG.md" "$1/CHANGELOG.md"
basename "$1" > "$1/.ivy-release"
END
git init -q
git config user.name Test
git config user.email test@example.org
git add -A
git commit -q -m first
name=0.1.0-$(git rev-parse --short=12 HEAD)
bash scripts/release "/opt/ivy/releases/$name" "/opt/python/bin/$python"
ln -s "releases/$name" /opt/ivy/current
