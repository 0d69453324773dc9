"""What each function may do, answers and is told: the template is held against it (test_template.py)."""

# What everybody who checks a caller's token may do.
CALLER = """
dynamodb:GetItem token#*         dynamodb:GetItem signing-key#*    dynamodb:GetItem account#*
dynamodb:UpdateItem token#* (pk sk last_used_on)                   kms:Decrypt via dynamodb for Table
dynamodb:UpdateItem used-failures#*      dynamodb:Query signing-keys
"""
# What each function may do: an action, and on what. For an item of the table, the prefix of its partition key.
MAY = {
    "Token": CALLER + """
        dynamodb:PutItem token#*           dynamodb:UpdateItem token#*
        dynamodb:BatchGetItem token#*      dynamodb:UpdateItem due#*
        dynamodb:BatchGetItem due#*        dynamodb:Query receipt#*
        dynamodb:UpdateItem account#*      dynamodb:PutItem signing-key#*
        dynamodb:PutItem signing-keys
        dynamodb:Query ${Table.Arn}/index/listing
        dynamodb:PutItem audit#*
        kms:Encrypt for signing            kms:Decrypt for signing
        kms:Decrypt of the environment
    """,
    "Ingest": CALLER + """
        dynamodb:GetItem session#*         dynamodb:UpdateItem session#*
        dynamodb:PartiQLInsert account#*
        dynamodb:GetItem receipt#*         dynamodb:UpdateItem receipt#*
        dynamodb:PutItem rejection#*       dynamodb:UpdateItem left-out#*
        dynamodb:UpdateItem used-sessions#*
        kms:Encrypt for account            kms:Decrypt for account
        s3:GetObject ${LakeBucket.Arn}/bodies/*    s3:PutObject ${LakeBucket.Arn}/bodies/*
        kms:Decrypt via s3 for LakeBucket          kms:GenerateDataKey via s3 for LakeBucket
    """,
    "Archive": """
        dynamodb:DescribeStream Table.StreamArn    dynamodb:GetRecords Table.StreamArn
        dynamodb:GetShardIterator Table.StreamArn  dynamodb:ListStreams ${Table.Arn}/stream/*
        sqs:SendMessage ArchiveFailures.Arn
        dynamodb:GetItem account#*         dynamodb:PartiQLInsert account#*
        dynamodb:GetItem manifest#*        dynamodb:PutItem manifest#*
        dynamodb:PutItem aside#*           dynamodb:PutItem garbage#*
        dynamodb:UpdateItem due#*
        kms:Encrypt for account            kms:Decrypt for account
        kms:Decrypt via dynamodb for Table
        s3:PutObject ${LakeBucket.Arn}/segments/*
        s3:GetObject ${LakeBucket.Arn}/bodies/*    s3:ListBucket LakeBucket.Arn
        kms:Decrypt via s3 for LakeBucket          kms:GenerateDataKey via s3 for LakeBucket
    """,
    "Maintain": """
        dynamodb:UpdateItem due#*          dynamodb:Query ${Table.Arn}/index/listing
        dynamodb:BatchGetItem due#*        dynamodb:UpdateItem discovery#*
        dynamodb:GetItem manifest#*        dynamodb:Query manifest#*
        dynamodb:PutItem manifest#*        dynamodb:DeleteItem manifest#*
        dynamodb:BatchGetItem manifest#*   dynamodb:BatchWriteItem manifest#*
        dynamodb:GetItem account#*         dynamodb:UpdateItem account#* (pk sk erased_at)
        dynamodb:Query erasure#*           dynamodb:UpdateItem erasure#*
        dynamodb:BatchWriteItem erasure#*  dynamodb:PutItem revoked-link#*
        dynamodb:Query erased#*            dynamodb:PutItem erased#*
        dynamodb:BatchWriteItem erased#*
        dynamodb:GetItem session#*         dynamodb:BatchGetItem session#*
        dynamodb:UpdateItem session#*      dynamodb:DeleteItem session#*
        dynamodb:Query receipt#*           dynamodb:DeleteItem receipt#*
        dynamodb:Query aside#*             dynamodb:UpdateItem aside#*
        dynamodb:DeleteItem aside#*
        dynamodb:Query garbage#*           dynamodb:BatchWriteItem garbage#*
        kms:Decrypt for account            kms:Decrypt via dynamodb for Table
        s3:GetObject ${LakeBucket.Arn}/segments/*  s3:PutObject ${LakeBucket.Arn}/segments/*
        s3:DeleteObject ${LakeBucket.Arn}/segments/*  s3:DeleteObject ${MediaBucket.Arn}/media/*
        s3:GetObject ${LakeBucket.Arn}/bodies/*    s3:DeleteObject ${LakeBucket.Arn}/bodies/*
        s3:PutObject ${LakeBucket.Arn}/bodies/*    s3:PutObject ${MediaBucket.Arn}/media/*
        s3:ListBucket LakeBucket.Arn               s3:ListBucket MediaBucket.Arn
        kms:Decrypt via s3 for LakeBucket          kms:GenerateDataKey via s3 for LakeBucket
        kms:GenerateDataKey via s3 for MediaBucket
    """,
    "Data": CALLER + """
        dynamodb:Query manifest#*          dynamodb:Query receipt#*
        dynamodb:GetItem session#*         dynamodb:GetItem due#*
        dynamodb:Query rejection#*         dynamodb:Query aside#*
        dynamodb:Query left-out#*
        dynamodb:Query ${Table.Arn}/index/listing
        dynamodb:UpdateItem audit#*        dynamodb:UpdateItem used-rows#*
        dynamodb:GetItem link-key#*        dynamodb:PartiQLInsert link-key#*
        kms:Decrypt for account
        kms:Encrypt for link               kms:Decrypt for link
        s3:GetObject ${LakeBucket.Arn}/segments/*  s3:ListBucket LakeBucket.Arn
        kms:Decrypt via s3 for LakeBucket
    """,
    "People": CALLER + """
        dynamodb:GetItem erasure#*         dynamodb:Query erasure#*
        dynamodb:PutItem erasure#*         dynamodb:UpdateItem due#*
        dynamodb:GetItem session#*         dynamodb:Query manifest#*
        dynamodb:PutItem audit#*           dynamodb:UpdateItem audit#*
        dynamodb:GetItem link-key#*        dynamodb:PartiQLInsert link-key#*
        kms:Decrypt for account
        kms:Encrypt for link               kms:Decrypt for link
        s3:GetObject ${LakeBucket.Arn}/segments/*  s3:GetObject ${LakeBucket.Arn}/bodies/*
        s3:ListBucket LakeBucket.Arn               kms:Decrypt via s3 for LakeBucket
    """,
    "Media": CALLER + """
        dynamodb:GetItem revoked-link#*    dynamodb:PutItem revoked-link#*
        dynamodb:PutItem audit#*           dynamodb:UpdateItem audit#*
        dynamodb:GetItem link-key#*        kms:Decrypt for link
        s3:GetObject ${MediaBucket.Arn}/media/*    s3:PutObject ${MediaBucket.Arn}/media/*
        s3:ListBucket MediaBucket.Arn
        kms:Decrypt via s3 for MediaBucket         kms:GenerateDataKey via s3 for MediaBucket
    """,
    "Console": CALLER + """
        dynamodb:GetItem reports#*         dynamodb:PutItem reports#*
        dynamodb:GetItem settings#*        dynamodb:PutItem settings#*
        dynamodb:PutItem audit#*           dynamodb:Query audit#*
        dynamodb:UpdateItem token#* (pk sk revoked_at)
    """,
}
ROUTES = {
    "Token": "POST /v1/tokens, GET /v1/tokens, DELETE /v1/tokens/{id}, GET /v1/me, GET /v1/account, PATCH /v1/account, "
    "GET /v1/accounts",
    "Ingest": "POST /v1/sessions",
    "Data": "GET /v1/schema, GET /v1/report-types, POST /v1/data, GET /v1/export, POST /v1/export, GET /v1/receipts",
    "People": "GET /v1/people, POST /v1/people/{person}/export, DELETE /v1/people/{person}, GET /v1/erasures, "
    "GET /v1/erasures/{receipt_id}",
    "Media": "POST /v1/media, DELETE /v1/media/{storage_id}, GET /m/{link}, HEAD /m/{link}",
    "Console": "GET /, GET /docs, GET /assets/{version}/{name}, POST /v1/console/session, DELETE /v1/console/session, "
    "GET /v1/reports, POST /v1/reports, PUT /v1/reports/{id}, DELETE /v1/reports/{id}, GET /v1/settings, "
    "PUT /v1/settings, GET /v1/audit, GET /v1/openapi.json, GET /healthz, $default",
}
SETTINGS = {
    "Token": "TABLE KEY BOOTSTRAP_SECRET FAILURES_PER_MINUTE",
    "Ingest": "TABLE LAKE_BUCKET KEY SESSIONS_PER_MINUTE FAILURES_PER_MINUTE",
    "Archive": "TABLE LAKE_BUCKET KEY",
    "Maintain": "TABLE LAKE_BUCKET MEDIA_BUCKET KEY",
    "Data": "TABLE LAKE_BUCKET KEY PUBLIC_URL ROWS_PER_MINUTE FAILURES_PER_MINUTE",
    "People": "TABLE LAKE_BUCKET KEY PUBLIC_URL FAILURES_PER_MINUTE",
    "Media": "TABLE MEDIA_BUCKET KEY FAILURES_PER_MINUTE",
    "Console": "TABLE PLATFORM_ORIGIN CONNECTOR_ID FAILURES_PER_MINUTE",
}
