/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's C libraries for tokens, asked about one token each, as their documentation says to verify one.
 *
 *   c-peers verify JWKS PEM-FOLDER   reads lines 'NAME KEY TOKEN'; prints 'NAME LIBRARY=ANSWER …': accepts, refuses
 *                                    or, where the library died of it, crashes
 *   c-peers sign PEM ALG KID         signs the claims on standard input with libjwt; prints the token
 *
 * A library that verifies signatures alone is asked for that alone; libjwt and rhonabwy read the claims too.
 */
#include "test/interop/c_peers.h"

#include "lib/base/array.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <jose/jose.h>
#include <jwt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN_LEN_MAX 65536
#define PEM_LEN_MAX 8192

/* A library may loop for ever on what it does not expect. */
#define ANSWER_WITHIN_S 10

static bool
libjwt_accepts(const struct c_peer_question *question)
{
	jwt_t *jwt = NULL;

	return jwt_decode(&jwt, question->token, (const unsigned char *)question->pem, (int)strlen(question->pem)) == 0;
}

static bool
cjose_accepts(const struct c_peer_question *question)
{
	cjose_err err;
	cjose_jwk_t *key = cjose_jwk_import(question->jwk, strlen(question->jwk), &err);
	cjose_jws_t *jws = cjose_jws_import(question->token, strlen(question->token), &err);

	return key != NULL && jws != NULL && cjose_jws_verify(jws, key, &err);
}

static bool
jose_accepts(const struct c_peer_question *question)
{
	const char *first = strchr(question->token, '.'), *second = first == NULL ? NULL : strchr(first + 1, '.');
	json_t *key = json_loads(question->jwk, 0, NULL), *jws;

	if (second == NULL)
		return false;
	jws = json_pack("{s:s%,s:s%,s:s}", "protected", question->token, (size_t)(first - question->token), "payload",
	    first + 1, (size_t)(second - first - 1), "signature", second + 1);
	return jws != NULL && key != NULL && jose_jws_ver(NULL, jws, NULL, key, false);
}

static const struct {
	const char *name;
	bool (*accepts)(const struct c_peer_question *question);
} libraries[] = {
	{ "libjwt", libjwt_accepts },
	{ "cjose", cjose_accepts },
	{ "jose", jose_accepts },
	{ "rhonabwy", c_peer_rhonabwy_accepts },
};

/* In a process of its own: some of these tokens have killed some of these libraries. */
static const char *
answer_of(bool (*accepts)(const struct c_peer_question *question), const struct c_peer_question *question)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(ANSWER_WITHIN_S);
		_exit(accepts(question) ? 0 : 1);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid) {
		perror("c-peers");
		exit(2);
	}
	if (!WIFEXITED(status))
		return "crashes";
	return WEXITSTATUS(status) == 0 ? "accepts" : "refuses";
}

static char *
read_file(const char *path, size_t max)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, max + 1);

	if (file == NULL || text == NULL || fread(text, 1, max, file) == 0) {
		perror(path);
		exit(2);
	}
	fclose(file);
	return text;
}

/* The JWK of this kid in a set, as text. */
static char *
jwk_of(const json_t *set, const char *kid)
{
	size_t i;
	json_t *key;

	json_array_foreach(json_object_get(set, "keys"), i, key)
		if (strcmp(json_string_value(json_object_get(key, "kid")), kid) == 0)
			return json_dumps(key, 0);
	fprintf(stderr, "c-peers: no key %s\n", kid);
	exit(2);
}

static void
ask_all(const json_t *set, const char *pem_folder, const char *name, const char *key, const char *token)
{
	char path[1024];
	struct c_peer_question question = { .token = token, .jwk = jwk_of(set, key) };

	snprintf(path, sizeof(path), "%s/%s.public.pem", pem_folder, key);
	question.pem = read_file(path, PEM_LEN_MAX);
	printf("%s", name);
	for (size_t i = 0; i < MM_COUNT_OF(libraries); i++)
		printf(" %s=%s", libraries[i].name, answer_of(libraries[i].accepts, &question));
	printf("\n");
}

static int
verify(const char *jwks_path, const char *pem_folder)
{
	static char line[TOKEN_LEN_MAX + 1];
	json_t *set = json_load_file(jwks_path, 0, NULL);

	if (set == NULL || !c_peer_rhonabwy_begin())
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *rest = line, *name = strsep(&rest, " "), *key = strsep(&rest, " "), *token = strsep(&rest, "\n");

		if (token == NULL)
			return 2;
		ask_all(set, pem_folder, name, key, token);
	}
	return fflush(stdout) == 0 ? 0 : 2;
}

static int
sign(const char *pem_path, const char *algorithm, const char *kid)
{
	char *pem = read_file(pem_path, PEM_LEN_MAX), *claims = read_file("/dev/stdin", TOKEN_LEN_MAX), *token;
	jwt_t *jwt = NULL;

	if (jwt_new(&jwt) != 0 || jwt_add_grants_json(jwt, claims) != 0 || jwt_add_header(jwt, "typ", "at+jwt") != 0 ||
	    jwt_add_header(jwt, "kid", kid) != 0 ||
	    jwt_set_alg(jwt, jwt_str_alg(algorithm), (const unsigned char *)pem, (int)strlen(pem)) != 0)
		return 2;
	token = jwt_encode_str(jwt);
	if (token == NULL)
		return 2;
	puts(token);
	return fflush(stdout) == 0 ? 0 : 2;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "verify") == 0)
		return verify(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "sign") == 0)
		return sign(argv[2], argv[3], argv[4]);
	fprintf(stderr, "usage: c-peers verify JWKS PEM-FOLDER | sign PEM ALG KID\n");
	return 2;
}
