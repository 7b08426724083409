/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Splunk exports: the log's own record in _raw, as it came in, beside fields that Splunk found in it.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_SPLUNK_H
#define MM_ENGINE_LOGS_SHAPE_SPLUNK_H

#include "engine/logs/shape.h"

extern const struct mm_logs_shape mm_logs_shape_splunk;        /* a row of CSV or JSON with _raw */
extern const struct mm_logs_shape mm_logs_shape_splunk_result; /* {"preview":false,"result":{…}} around one */

#endif
