/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What records of the unified audit log come in: exports with AuditData inside, and the tables of other products.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_EXPORT_H
#define MM_ENGINE_LOGS_SHAPE_EXPORT_H

#include "engine/logs/shape.h"

extern const struct mm_logs_shape mm_logs_shape_export;          /* the portal's, Search-UnifiedAuditLog's */
extern const struct mm_logs_shape mm_logs_shape_graph_export;    /* Graph's auditLogQuery */
extern const struct mm_logs_shape mm_logs_shape_sentinel_office; /* Sentinel's OfficeActivity */
extern const struct mm_logs_shape mm_logs_shape_defender;        /* Defender's CloudAppEvents */

#endif
