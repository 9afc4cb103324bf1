"""Seccomp: makes Linux refuse system calls the process doesn't need, in all its threads, irrevocably.

A filter is a BPF program (seccomp(2), "filter mode") that looks at a call's number and allows it or returns an error.
The numbers are those of x86-64 and arm64 (asm/unistd_64.h, asm-generic/unistd.h).
"""

import ctypes
import errno
import platform
import struct

ARCHITECTURES = {
    "x86_64": (0xC000003E, 317),
    "aarch64": (0xC00000B7, 277),
}  # AUDIT_ARCH_…, seccomp(2)'s number
NEWEST = 450  # newer calls are all refused
NONE = -1  # this architecture has no such call

# fmt: off
NUMBERS: dict[str, tuple[int, int]] = {  # (x86-64, arm64)
    # files: none is opened, made, changed or removed
    "open": (2, NONE), "creat": (85, NONE), "openat": (257, 56), "openat2": (437, 437), "open_tree": (428, 428),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "truncate": (76, 45),
    "unlink": (87, NONE), "unlinkat": (263, 35), "rmdir": (84, NONE), "mkdir": (83, NONE), "mkdirat": (258, 34),
    "rename": (82, NONE), "renameat": (264, 38), "renameat2": (316, 276), "link": (86, NONE), "linkat": (265, 37),
    "symlink": (88, NONE), "symlinkat": (266, 36), "mknod": (133, NONE), "mknodat": (259, 33),
    "chmod": (90, NONE), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, NONE), "lchown": (94, NONE),
    "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, NONE), "utimes": (235, NONE), "futimesat": (261, NONE),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "inotify_init": (253, NONE),
    "inotify_init1": (294, 26), "fanotify_init": (300, 262), "mount": (165, 40), "umount2": (166, 39),
    "move_mount": (429, 429), "fsopen": (430, 430), "fspick": (433, 433), "mount_setattr": (442, 442),
    "pivot_root": (155, 41), "chroot": (161, 51), "swapon": (167, 224), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # network, and other ways to communicate
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201), "connect": (42, 203),
    "accept": (43, 202), "accept4": (288, 242), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180),
    # programs and other processes
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, NONE), "vfork": (58, NONE), "ptrace": (101, 117),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kcmp": (312, 272),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "prlimit64": (302, 261), "setpriority": (141, 140),
    "ioctl": (16, 29),  # FIOSETOWN and TIOCSTI among them
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "unshare": (272, 97), "setns": (308, 268),
    "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104), "reboot": (169, 142),
    "iopl": (172, NONE), "ioperm": (173, NONE), "syslog": (103, 116),
}
CLONE, CLONE3, MMAP, FCNTL = (56, 220), (435, 435), (9, 222), (72, 25)  # allowed in part
# fmt: on

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_IF_ANY, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF instructions
NUMBER_AT, ARCHITECTURE_AT = 0, 4  # offsets in struct seccomp_data
FIRST_ARGUMENT_AT, SECOND_ARGUMENT_AT, FOURTH_ARGUMENT_AT = 16, 24, 40  # offsets of their low halves (little-endian)
THREAD = 0x10000  # CLONE_THREAD
SET_OWNER, SET_OWNER_EX = 8, 15  # F_SETOWN, F_SETOWN_EX
UNCOUNTED = 0x1 | 0x100  # MAP_SHARED and MAP_GROWSDOWN: memory that RLIMIT_DATA doesn't count
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
SET_FILTER, ALL_THREADS = 1, 1  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def refuse_calls() -> bool:
    """Refuse every call in NUMBERS from now on, in all threads; returns False on machines without seccomp.

    `no_new_privs` must be set first.
    """
    architecture, own_number = ARCHITECTURES.get(platform.machine(), (0, 0))
    if not architecture:
        return False
    steps = _filter(architecture)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.syscall(own_number, SET_FILTER, ALL_THREADS, ctypes.byref(program)) == 0)


def _here(numbers: tuple[int, int]) -> int:
    x86, arm = numbers
    return x86 if platform.machine() == "x86_64" else arm


def _filter(architecture: int) -> bytes:
    """Return a filter that refuses the calls in NUMBERS, and all calls of other architectures (other numbers)."""
    numbers = [number for number in map(_here, NUMBERS.values()) if number != NONE]
    head = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(JUMP_EQUAL, architecture, 1, 0),
        _step(RETURN, REFUSE | errno.EPERM),
        _step(LOAD, NUMBER_AT),
        _step(JUMP_AT_LEAST, NEWEST + 1, 0, 1),
        _step(RETURN, REFUSE | errno.ENOSYS),
    ]
    checks = [_step(JUMP_EQUAL, number, len(numbers) - at, 0) for at, number in enumerate(numbers)]
    return b"".join([*head, *_in_part(), *checks, _step(RETURN, ALLOW), _step(RETURN, REFUSE | errno.EPERM)])


def _in_part() -> list[bytes]:
    """Allow clone for threads only, mmap only for memory that RLIMIT_DATA counts, and fcntl without an owner.

    The owner of a pipe or socket gets a signal of one's choice when it's used: another way to kill the bot.
    """
    return [
        _step(JUMP_EQUAL, _here(CLONE3), 0, 1),
        _step(RETURN, REFUSE | errno.ENOSYS),  # a filter can't see its flags; libraries fall back to clone
        _step(JUMP_EQUAL, _here(CLONE), 0, 4),
        _step(LOAD, FIRST_ARGUMENT_AT),
        _step(JUMP_IF_ANY, THREAD, 0, 1),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE | errno.EPERM),
        _step(JUMP_EQUAL, _here(MMAP), 0, 4),
        _step(LOAD, FOURTH_ARGUMENT_AT),
        _step(JUMP_IF_ANY, UNCOUNTED, 1, 0),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE | errno.EPERM),
        _step(JUMP_EQUAL, _here(FCNTL), 0, 5),
        _step(LOAD, SECOND_ARGUMENT_AT),
        _step(JUMP_EQUAL, SET_OWNER, 2, 0),
        _step(JUMP_EQUAL, SET_OWNER_EX, 1, 0),
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE | errno.EPERM),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
