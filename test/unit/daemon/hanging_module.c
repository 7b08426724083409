/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS #11 module that is SoftHSM, but whose C_Sign does not return while the file that MM_TEST_HANGS names is there:
 * an HSM that does not answer. MM_TEST_MODULE names SoftHSM.
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
	*list = &calls;
	return CKR_OK;
}
