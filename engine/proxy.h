/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of 'trusted_proxies': who may say what a client's request was.
 */
#ifndef MM_ENGINE_PROXY_H
#define MM_ENGINE_PROXY_H

/*
 * What is wrong with an entry: a constant sentence that follows on its text, NULL where it is good. Good is "unix", or
 * an IPv4 or IPv6 address in numbers, perhaps with "/LENGTH"; behind the length all bits are zero, so that a network is
 * not written as one of its hosts.
 */
const char *mm_proxy_fault(const char *text);

#endif
