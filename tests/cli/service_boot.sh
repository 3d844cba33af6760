#!/bin/sh
# Boots this machine's systemd in namespaces of its own, with Ivy installed as `ivy init --service --into /` installs it.
#
#     unshare --pid --fork --mount --uts --ipc --cgroup --mount-proc sh service_boot.sh WORK SOURCE SITE PYTHON_HOME PYTHON [INSTALL]
#
# INSTALL is read where Ivy is to be put below /opt/ivy; without it the tree itself is the one release.
# A unit then runs WORK/check.sh as root, what it says goes to WORK/check.log, and WORK/done is there when it has ended.
# Nothing of the machine is written to but WORK: whatever else is written lies in memory, and ends with the namespaces.
set -eu
work=$1 source=$2 site=$3 python_home=$4 python=$5 install=${6:-} watchdog=4s restart=1s
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/etc
cp -a /etc/. /run/etc
mount --bind /run/etc /etc
for folder in /etc/systemd/system /usr/local/bin /usr/lib/sysusers.d /usr/lib/tmpfiles.d /opt /var/lib; do
    mount -t tmpfs -o mode=755 tmpfs "$folder"
done

mkdir -p /opt/python /opt/site
mount --bind "$python_home" /opt/python
mount --bind "$site" /opt/site
if [ -n "$install" ]; then
    . "$install"
else
    # A release: the tree and the packages that run the tests, at a place that a service may read.
    mkdir -p /opt/ivy/source /opt/ivy/current/bin
    mount --bind "$source" /opt/ivy/source
    cat > /opt/ivy/current/bin/ivy << END
#!/bin/sh
export PYTHONPATH=/opt/ivy/source:/opt/site PYTHONDONTWRITEBYTECODE=1 LD_LIBRARY_PATH=/opt/python/lib
exec /opt/python/bin/$python -m ivy "\$@"
END
    chmod 755 /opt/ivy/current/bin/ivy
fi

cd /
/opt/ivy/current/bin/ivy init --service --into /
systemd-sysusers /usr/lib/sysusers.d/ivy.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/ivy.conf
/usr/local/bin/ivy init --no-templates

# A daemon that calls nobody, and whose silence is noticed sooner than in earnest.
mkdir /etc/systemd/system/ivy.service.d
cat > /etc/systemd/system/ivy.service.d/test.conf << END
[Service]
StandardError=append:$work/daemon.log
Environment=IVY_WHATSAPP__ENABLED=false IVY_MODELS__PRIMARY__API_KEY=sk-ant-never-used
WatchdogSec=$watchdog
${restart:+RestartSec=$restart}
END
cat > /etc/systemd/system/check.service << END
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
StandardOutput=append:$work/check.log
StandardError=append:$work/check.log
ExecStart=/bin/sh $work/check.sh
ExecStopPost=/bin/touch $work/done
END
printf '[Unit]\nDefaultDependencies=no\nWants=check.service\n' > /etc/systemd/system/try.target
for target in sysinit basic network-online shutdown; do # the machine's own boot is none of ours
    printf '[Unit]\nDefaultDependencies=no\n' > "/etc/systemd/system/$target.target"
done
mount --make-rshared / # systemd hands credentials over through shared mounts
export container=ivy-test
exec /lib/systemd/systemd --system --unit=try.target --log-target=null --show-status=false
