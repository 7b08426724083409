/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-world DIR: the keys and tokens of the bench in files, for servers to read.
 *
 *	keys.jwks                            both public keys, for Mintmark
 *	dovecot-keys/CLIENT/ALGORITHM/KID    the same as PEM, where Dovecot's local validation looks for them
 *	ALGORITHM.token                      a genuine token of each, good for nearly an hour
 *	mailbox, issuer, tenant, audience    what stands in the tokens
 */
#include "test/bench/subject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_LEN 512

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		maker_fail("%s: %s", path, strerror(errno));
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		maker_fail("%s: %s", path, strerror(errno));
}

static void
write_in(const char *dir, const char *name, const char *suffix, const char *text)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	write_file(path, text);
}

static void
write_for_dovecot(const char *dir, const struct bench_subject *subject)
{
	char path[PATH_MAX_LEN];

	snprintf(path, sizeof(path), "%s/dovecot-keys", dir);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/dovecot-keys/%s", dir, BENCH_CLIENT);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/dovecot-keys/%s/%s", dir, BENCH_CLIENT, subject->algorithm);
	make_folder(path);
	write_in(path, subject->kid, "", subject->pem.bytes);
}

int
main(int argc, char **argv)
{
	static const char *const algorithms[] = { "RS256", "ES256" };
	struct maker_text jwks = { NULL, 0, 0 };

	if (argc != 2) {
		fputs("usage: bench-world DIR\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		struct bench_subject subject;

		bench_subject_make(&subject, algorithms[i]);
		maker_text_add_format(&jwks, "%s%s", i == 0 ? "{\"keys\":[" : ",\n", subject.jwk.bytes);
		write_in(argv[1], algorithms[i], ".token", subject.token.bytes);
		write_for_dovecot(argv[1], &subject);
		bench_subject_free(&subject);
	}
	maker_text_add_str(&jwks, "]}\n");
	write_in(argv[1], "keys", ".jwks", jwks.bytes);
	maker_text_clear(&jwks);
	write_in(argv[1], "mailbox", "", BENCH_MAILBOX "\n");
	write_in(argv[1], "issuer", "", BENCH_ISSUER "\n");
	write_in(argv[1], "tenant", "", BENCH_TENANT "\n");
	write_in(argv[1], "audience", "", BENCH_AUDIENCE "\n");
	return 0;
}
