/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module that is SoftHSM, but while the file that MM_TEST_HANGS names is there C_Sign does not return (an
 * HSM that does not answer) and C_GenerateKeyPair takes eight seconds (a slow one). MM_TEST_MODULE names SoftHSM.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) __attribute__((visibility("default")));

static CK_FUNCTION_LIST calls, *real;

static int
is_there(const char *path)
{
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

static CK_RV
sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *signature_len)
{
	const struct timespec pause = { 0, 20000000 };

	while (is_there(getenv("MM_TEST_HANGS")))
		nanosleep(&pause, NULL);
	return real->C_Sign(session, data, data_len, signature, signature_len);
}

static CK_RV
generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_like, CK_ULONG public_count,
    CK_ATTRIBUTE *private_like, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	const struct timespec pause = { 8, 0 };

	if (is_there(getenv("MM_TEST_HANGS")))
		nanosleep(&pause, NULL);
	return real->C_GenerateKeyPair(session, mechanism, public_like, public_count, private_like, private_count,
	    public_key, private_key);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	const char *path = getenv("MM_TEST_MODULE");
	void *handle = path == NULL ? NULL : dlopen(path, RTLD_NOW);
	CK_C_GetFunctionList get_list = NULL;

	if (handle != NULL)
		*(void **)&get_list = dlsym(handle, "C_GetFunctionList");
	if (get_list == NULL || get_list(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	calls = *real;
	calls.C_Sign = sign;
	calls.C_GenerateKeyPair = generate;
	*list = &calls;
	return CKR_OK;
}
