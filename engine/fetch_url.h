/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that key documents are fetched from, as an operator writes them.
 */
#ifndef MM_ENGINE_FETCH_URL_H
#define MM_ENGINE_FETCH_URL_H

/* Longer ones are mistakes; the name of a document travels in one message. */
#define MM_FETCH_URL_LEN_MAX 1024

/*
 * What is wrong with the address of a document: a constant sentence that follows on its text, NULL where it is good.
 * Good is https with a host (a DNS name, an IPv4 address, an IPv6 one in brackets), perhaps a port, path and query
 * (RFC 3986), without user information and fragment.
 * Not checked here: whether anybody answers there.
 */
const char *mm_fetch_url_fault(const char *url);

/* The same of "HOST" or "HOST:PORT". */
const char *mm_fetch_host_fault(const char *host);

#endif
