/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time of another process, as the kernel counts it for each of its threads.
 */
#ifndef BENCH_PROCESS_TIME_H
#define BENCH_PROCESS_TIME_H

/*
 * What a process spent so far, in user and kernel mode of all the threads that it has now. Ends the program where there
 * is no such process, or where the kernel does not count. Not in it: threads that ended, and child processes.
 */
double bench_process_cpu_us(long pid);

#endif
