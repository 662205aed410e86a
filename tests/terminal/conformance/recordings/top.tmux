top - 12:28:30 up  1:27,  0 user,  load average: 12.39, 12.58, 11.78
Tasks:   1 total,   1 running,   0 sleeping,   0 stopped,   0 zombie
%Cpu0  :  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
%Cpu1  :  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
MiB Mem :  24105.6 total,  21935.1 free,   2238.1 used,    170.2 buff/cache
MiB Swap:      0.0 total,      0.0 free,      0.0 used.  21867.4 avail Mem

  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
12965 root      20   0    9064   5260   3160 R   0.0   0.0   0:00.00 top















