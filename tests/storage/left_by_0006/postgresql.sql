-- A database as clausewatch left it at commit 4a914d7, the last one with the migrations 0001 to 0006: pg_dump --inserts, without the schema's name.
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE captures (
    id bigint NOT NULL,
    identity bytea NOT NULL,
    vendor text NOT NULL,
    policy text NOT NULL,
    source text NOT NULL,
    captured_at timestamp with time zone NOT NULL,
    url text NOT NULL,
    asked_url text NOT NULL,
    redirects text NOT NULL,
    status integer,
    headers text NOT NULL,
    media_type text NOT NULL,
    sha256 bytea NOT NULL,
    requested_at timestamp with time zone,
    answered_at timestamp with time zone,
    archive text NOT NULL,
    seal bytea NOT NULL
);
CREATE SEQUENCE captures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE captures_id_seq OWNED BY captures.id;
CREATE TABLE counts (
    vendor text NOT NULL,
    policy text NOT NULL,
    captures bigint NOT NULL,
    reviews bigint NOT NULL
);
CREATE TABLE documents (
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    data bytea NOT NULL
);
CREATE TABLE listed_rows (
    id bigint NOT NULL,
    listing_id bigint NOT NULL,
    identity bytea NOT NULL,
    vendor text NOT NULL,
    policy text NOT NULL,
    urlkey text NOT NULL,
    "timestamp" text NOT NULL,
    original text NOT NULL,
    mimetype text NOT NULL,
    statuscode text NOT NULL,
    digest text NOT NULL,
    text text,
    tried boolean NOT NULL
);
CREATE SEQUENCE listed_rows_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE listed_rows_id_seq OWNED BY listed_rows.id;
CREATE TABLE listings (
    id bigint NOT NULL,
    identity bytea NOT NULL,
    vendor text NOT NULL,
    policy text NOT NULL,
    archive text NOT NULL,
    url text NOT NULL,
    begins_at timestamp with time zone,
    ends_at timestamp with time zone,
    begun_at timestamp with time zone NOT NULL,
    resume_key text,
    complete boolean NOT NULL,
    found integer NOT NULL,
    malformed integer NOT NULL
);
CREATE SEQUENCE listings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE listings_id_seq OWNED BY listings.id;
CREATE TABLE outbox (
    id bigint NOT NULL,
    subscriber_id bigint NOT NULL,
    message bytea NOT NULL,
    composed_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone
);
CREATE SEQUENCE outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE outbox_id_seq OWNED BY outbox.id;
CREATE TABLE payloads (
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    data bytea NOT NULL,
    keyframe bytea,
    store text
);
CREATE TABLE policies (
    vendor text NOT NULL,
    policy text NOT NULL,
    reader text,
    newest timestamp with time zone NOT NULL,
    revision bigint NOT NULL,
    composed bigint NOT NULL
);
CREATE TABLE readings (
    capture_id bigint NOT NULL,
    reader text NOT NULL,
    extractor text NOT NULL,
    declared text NOT NULL,
    language text,
    verdict text NOT NULL,
    reason text,
    evidence text NOT NULL,
    document_sha256 bytea,
    version_id text,
    seal bytea NOT NULL
);
CREATE TABLE reviews (
    id bigint NOT NULL,
    capture_id bigint NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    note text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    seal bytea NOT NULL
);
CREATE SEQUENCE reviews_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE reviews_id_seq OWNED BY reviews.id;
CREATE TABLE subscribers (
    id bigint NOT NULL,
    address text NOT NULL,
    vendors text NOT NULL,
    since timestamp with time zone NOT NULL,
    caught_up boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE subscribers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE subscribers_id_seq OWNED BY subscribers.id;
CREATE TABLE told (
    subscriber_id bigint NOT NULL,
    vendor text NOT NULL,
    policy text NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE unread (
    vendor text NOT NULL,
    policy text NOT NULL,
    capture_id bigint NOT NULL
);
ALTER TABLE ONLY captures ALTER COLUMN id SET DEFAULT nextval('captures_id_seq'::regclass);
ALTER TABLE ONLY listed_rows ALTER COLUMN id SET DEFAULT nextval('listed_rows_id_seq'::regclass);
ALTER TABLE ONLY listings ALTER COLUMN id SET DEFAULT nextval('listings_id_seq'::regclass);
ALTER TABLE ONLY outbox ALTER COLUMN id SET DEFAULT nextval('outbox_id_seq'::regclass);
ALTER TABLE ONLY reviews ALTER COLUMN id SET DEFAULT nextval('reviews_id_seq'::regclass);
ALTER TABLE ONLY subscribers ALTER COLUMN id SET DEFAULT nextval('subscribers_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('0006');
INSERT INTO captures VALUES (1, '\x3ea9a994ddf6fd9e4a88cf77085ba089a3d1099e493f88f7da2824474a052eec', 'marmot', 'privacy', 'live', '2019-03-04 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', '2019-03-04 05:06:05.890123+00', '2019-03-04 05:06:07.890123+00', '{}', '\x5211764d0ba2a9f2b2f75cbf1efc2cdcb8cd5ba86644ff8fc417bdff84e1408c');
INSERT INTO captures VALUES (2, '\x1077f6ab1fcf3fbaddd3a7098ef2df4382be5b5581e3147a6db8b751063a82a6', 'marmot', 'privacy', 'live', '2019-03-05 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\xbec99c1edfd4134d47038a8d27e757462b15911e731bbd44204554a6bf493b2f', '2019-03-05 05:06:05.890123+00', '2019-03-05 05:06:07.890123+00', '{}', '\x584a45157533598ce62e489946a45de0a89d3cfd349b4120e1778cf800df44a2');
INSERT INTO captures VALUES (3, '\x462da54b98645d97f471775549ee9edb04c2d463226d52c556a043664d503c25', 'marmot', 'privacy', 'live', '2019-03-06 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', '2019-03-06 05:06:05.890123+00', '2019-03-06 05:06:07.890123+00', '{}', '\x9ec2498d83f69e6a553525c7c09714d7fa9f13ac608a5ea6b4b10de612e16bb5');
INSERT INTO captures VALUES (4, '\xf5df9baf33e93349ec676631c00f8f7cbbf94a281e8f1ba0a216a7929771f061', 'marmot', 'privacy', 'live', '2019-03-07 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\x01a5522a14a585c44f744f0a95c800e61460fe4cc8b7f17a5c1bee69f182a6a1', '2019-03-07 05:06:05.890123+00', '2019-03-07 05:06:07.890123+00', '{}', '\x8c591537fa301d56093fa1ee9b26298f973a9708770038cfdc8e0393d779326d');
INSERT INTO captures VALUES (5, '\x4d5bfe0f69455de2bd30f96037b970fbbe46508d44e9cc6f98de81c766229e90', 'marmot', 'privacy', 'live', '2019-03-08 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\xe81eb72c79f53cca33a87932ad29c408501fe5598bf8cd269a20eab4c4edebc6', '2019-03-08 05:06:05.890123+00', '2019-03-08 05:06:07.890123+00', '{}', '\xde2360d1a05eda78ff3b6ed32f777f2873d0f5fcddfb6d3c24833fea66110cce');
INSERT INTO captures VALUES (6, '\x6ff12cf770d7a6690756c4887af00da96838578b9b259c1c4868ab2df3c982cc', 'marmot', 'privacy', 'live', '2019-03-09 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\xc103244a2851f8dbe593b731a417ac0b12a4620058525cca6f42f7ec417471c7', '2019-03-09 05:06:05.890123+00', '2019-03-09 05:06:07.890123+00', '{}', '\x3ca2f70ed122e4a6280816af53155a18fc7b77a942a93373e73862f2484dc71c');
INSERT INTO captures VALUES (7, '\xec03a84909e0fedc00780e44ca6c5e97a145003154d7a968da3f23bfd4946dfb', 'marmot', 'privacy', 'live', '2019-03-10 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'text/html; charset=utf-8', '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '2019-03-10 05:06:05.890123+00', '2019-03-10 05:06:07.890123+00', '{}', '\x8d88273c4f8201948a2bf1b395b8d41b800c5275a01d88cb4ffeced53bafe721');
INSERT INTO captures VALUES (8, '\xb00d979a32587c4a4e5552ef133be0d474b1e0ea7e31dd280271af497496c069', 'marmot', 'privacy', 'live', '2019-03-11 05:06:07.890123+00', 'https://www.marmot.example/privacy', 'https://www.marmot.example/privacy', '[]', 200, '[]', 'application/pdf', '\x39d8aca9c61cce3c48bf9a704e5d47e39953de620021a7ab1440848f9206d2e7', '2019-03-11 05:06:05.890123+00', '2019-03-11 05:06:07.890123+00', '{}', '\x6aaca30719ef3cdc9d20a0ce2d45b19a7c9bf68d1b5910208908518dc105dc39');
INSERT INTO counts VALUES ('marmot', 'privacy', 8, 2);
INSERT INTO documents VALUES ('\x7a0fa72cb2f1ef39e151a3a9c9430d3c81a3de7579948574a555a5bdece33ef4', 1011, '\x28b52ffd60f302fd0c0096d84421406d9b03b31d51132d3359fbb06b2d472a6358de4b57cfdd9297fc1164541405983f003b003a000b7412c7147e1d24b058288e5e196ce9a0d618a7385f540f77b04d47901f74dc13641287eda0d3182a785379a860003789b55cdc2474b0b77014e76dd91e89ece154fec38beb61e5d0e88939ded58f495f1933d9d87dd35bcb645c546ee852df17afc4d6c3daa02a5b0c0731d6822fc187cb41030bc43807310256a641c508ba2b61cfe1e0e11be3f2377c03e5aefa0455aff86bfd97abbeea9f52a800fc0a3abf97881b8a8ec994d00eedbe64410341c032af0d130c3d6b64a697eb651202ad7a2682f93d310449bbdc7c4baebfec35247cdfae5e1aa96ffa7b99bccc77e03242d2cd92e90a5b370ebd18372010661cc43ba88b01ca507864c8981c70209f01245e021ba3626940538153f2930d1987f38534f158df618834958d8d9a62e0732094777b5bcb5a572ac24e024cb02dd7d67028c33ad74d24be05134fc32f9bb8812452c4c250afd64aa8d082c003ddc8058541eba0e05ec72498ccfbcf501836b29b63128885a1402aed715dd41e026c086de550');
INSERT INTO documents VALUES ('\xacb59d7d68d0efe3e17b18915786ed345968cb83d092b0a0894eb3abe0767b72', 1012, '\x28b52ffd60f402fd0c00a6d84421406d9b03b31d51132d3359fbb06b2d472a6358de4b57cfdd9297fc1164541405983f003b003a000b7412c7147e1d24b058288e5e196ce9a0d618a7385f540f77b04d47901f74dc13641287eda0d3182a785379a860003789b55cdc2474b0b77014e76dd91e89ece154fec38beb61e5d0e88939ded58f495f1933d9d87dd35bcb645c546ee852df17afc4d6c3daa02a5b0c0731d6822fc187cb41030bc438073102ca34a818417725ec391cac75a91897bfe11b2877d527a87ac55febbf5cf555ff944205e057d0f9bd44dc50744ca6847668f7250b1a080296796d130c3d6b64a697eb651202ad7a2682f93d310449bbdc7c4baebfec35247cdfae5e1aa96ffa7b99bccc77e03242d2cd92e90a5b370ebde8372010661cc43ba88b01ca707864d0981c70209f01245e0a1b23636960538153f293111987f38538f1d8df618c34d58d8d9a62e0734094777b5bcc5a772ac250624db028d7c07028c33ad74d24be05134fc32f9bb8812452c4c250afd64aa8d082c003ddc8058541eba0e05ec72498ccfbcf501836b29b63128885a1402aed715dd41e026c086de550');
INSERT INTO documents VALUES ('\xccc7d97bde3e6d73843b81f4b03dba0f56e73268d3f28fb093c21cc23fe472e0', 132, '\x28b52ffd20847503001207181b80a93af8065a2163841888b5c404a4c0ba629d2e06412c27685d028b94feb710e11ea1bce812653566507b049e09e58f44dfd2a7c91380d0395c1895556b61b007d66a0d639fccb19defd2b89af2f3c6986e8b38a4686918053f5f6ed657040300fa949150176b16730f');
INSERT INTO documents VALUES ('\xcb9df29e88d52e4791bbbe724eead6a914ae034c858b649c9eb4ceb78435aab7', 70, '\x28b52ffd20463102007b227469746c65223a2250726976616379222c226c616e6775616765223a6e756c6c2c226566666563746976655f64617465223a6e756c6c2c22636c6175736573223a5b5d7d');
INSERT INTO documents VALUES ('\x0be687ebce391c6b821adcccebfec79e90530a2621e2682ca57d7d0ccea5864d', 65, '\x28b52ffd2041cd0100f4027b227469746c65223a6e756c6c2c226c616e677561676566666563746976655f646174636c6175736573223a5b5d7d020039cb37c56c02');
INSERT INTO listed_rows VALUES (1, 1, '\x7b9b6310b1b709fab9ef932aec2f1ab148bd51b5aedf3c2ec7ef6bc022768b52', 'marmot', 'privacy', 'example,marmot)/privacy', '20200101000000', 'https://www.marmot.example/privacy', 'text/html', '200', 'ABC', 'ABC', false);
INSERT INTO listings VALUES (1, '\x2c30c79fc346b11674fa99b98cd9a1b02c502ccbe186ce139208997c153dbea9', 'marmot', 'privacy', 'https://archive.example', 'https://www.marmot.example/privacy', NULL, '2019-03-04 05:06:07.890123+00', '2019-03-04 05:06:07.890123+00', 'on', false, 1, 0);
INSERT INTO outbox VALUES (1, 1, '\x6469676573742000ff', '2019-03-04 05:06:07.890123+00', NULL);
INSERT INTO payloads VALUES ('\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', 678, '\x28b52ffd60a601f50b0056584420506d9a03d8d8441bb524dd8ad0b71ca1f32b8c55057d0d14a2510c489869137a440039003700cb012d0700152ce414ac0380189e7250a3f20139c849f016bca9b45bf0809b84492e6ed245606b404f16f720755f0709b00b1c34d8253e28517659a161e180c09010700267f62515060b390a64b0208760d16bf1e154fec37beb61c5ce89278c685737267d65cc6463f64d4f924cbe3de5e4586afbe295703daccda9625770ddb0f39e95694e31930bddd5c0b668f7c6b7fc0e5f8116c5aefac6a95ef1d7fa2d577dd537a54e19f895636e2d1976e83126533ab328517621c841f4e8c84c2dd7cbe4c359f50c04ba3d21839166899bbed916e7fa8bedfbe4aaa513ea9bde5a262ffa11b79c60a49b25532b28204262a0b51b1038a86c93a4034552c4912cd61b18c32169580707583a08b4295f6e0197b3b0cb2cd45606c46218a03e2733fb552cf7966b1d4009b0b8e360e25326c086134d2848bf0869bc43abbb8f40ce117c0f712464738e3a8d93f1fba656d7ecbcb7dc0b06', NULL, NULL);
INSERT INTO payloads VALUES ('\xbec99c1edfd4134d47038a8d27e757462b15911e731bbd44204554a6bf493b2f', 679, '\x28b52ffd60a7018d0000286d6f6e7468020006aa84aa96a9541104', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO payloads VALUES ('\x01a5522a14a585c44f744f0a95c800e61460fe4cc8b7f17a5c1bee69f182a6a1', 85, '\x28b52ffd2055cd010014024a7573742061206d6f6d656e742e2e2e703e436865636b696e6762726f7773657207005808008319bec158d500fc88b28a0481a64b0001', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO payloads VALUES ('\xe81eb72c79f53cca33a87932ad29c408501fe5598bf8cd269a20eab4c4edebc6', 180, '\x28b52ffd20b41d030052040f14a0a51d4fc96e3f60b26bbb97af903c79d77f5403871df87234644aa1164064afeeb637925304c6e4d9287f0a19fe729024d64362c8fd6d285762c50d003723015745246ca0da28424c9a5bd0d60aa02593ce01f819d41ea11824e1035426ae', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO payloads VALUES ('\xc103244a2851f8dbe593b731a417ac0b12a4620058525cca6f42f7ec417471c7', 112, '\x28b52ffd207035020024033c6d65746120687474702d65717569763d22726566726573682220636f6e74656e743d22303b2075726c3d2f6c6567616c220500733840b8121df6882220090fa0327105', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO payloads VALUES ('\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, '\x28b52ffd2000010000', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO payloads VALUES ('\x39d8aca9c61cce3c48bf9a704e5d47e39953de620021a7ab1440848f9206d2e7', 16, '\x28b52ffd2010810000255044462d312e37206e6f206d6f7265', '\x7bf4c0069026358d47200082c03073c896cd471fed76d0be3cd350cca8d485a3', NULL);
INSERT INTO policies VALUES ('marmot', 'privacy', '2.3', '2019-03-11 05:06:07.890123+00', 10, 0);
INSERT INTO readings VALUES (1, '2.3', '2.3', '8a45a2090a1b', 'en', 'accepted', NULL, '', '\x7a0fa72cb2f1ef39e151a3a9c9430d3c81a3de7579948574a555a5bdece33ef4', 'fe2c1e1ea812', '\x5dadd084fe5896519df6a561b01a146677671aaf3a94db08cbc0386484b2efce');
INSERT INTO readings VALUES (2, '2.3', '2.3', '8a45a2090a1b', 'en', 'accepted', NULL, '', '\xacb59d7d68d0efe3e17b18915786ed345968cb83d092b0a0894eb3abe0767b72', '4e792e4d9646', '\xad3bd3a4fabcc7aa43272227168d9dff5cd5d3b686b66d53fb3cc33209df9972');
INSERT INTO readings VALUES (3, '2.3', '2.3', '8a45a2090a1b', 'en', 'accepted', NULL, '', '\x7a0fa72cb2f1ef39e151a3a9c9430d3c81a3de7579948574a555a5bdece33ef4', 'fe2c1e1ea812', '\xb09d1a44c395e252cd4937d318a89ecacb44fe39f8c890150c4bb4afc6c379ef');
INSERT INTO readings VALUES (4, '2.3', '2.3', '8a45a2090a1b', NULL, 'quarantined', 'blocked', 'the page says: ''Just a moment...''', '\xccc7d97bde3e6d73843b81f4b03dba0f56e73268d3f28fb093c21cc23fe472e0', '3804b3e412e6', '\xbfbf97c38255143348deaf316345b12ee63080d5d0dee2fba5d87749ae8c1923');
INSERT INTO readings VALUES (5, '2.3', '2.3', '8a45a2090a1b', NULL, 'quarantined', 'empty', 'the page says: ''You need to enable JavaScript to run this app.''; reading it would need a browser', '\xcb9df29e88d52e4791bbbe724eead6a914ae034c858b649c9eb4ceb78435aab7', NULL, '\xd5d3ad840a70f4e9cf265f8d9b56a6f6c12ef7441b9ca5332fc32c45148f9f61');
INSERT INTO readings VALUES (6, '2.3', '2.3', '8a45a2090a1b', NULL, 'quarantined', 'empty', 'the page only sends the browser on to another', '\xcb9df29e88d52e4791bbbe724eead6a914ae034c858b649c9eb4ceb78435aab7', NULL, '\x7c33f20599b43c3c936a4f8db3e81dc54cce47bfa8af433a51498256c240426e');
INSERT INTO readings VALUES (7, '2.3', '2.3', '8a45a2090a1b', NULL, 'quarantined', 'empty', 'there is no text on the page', '\x0be687ebce391c6b821adcccebfec79e90530a2621e2682ca57d7d0ccea5864d', NULL, '\xb1ef2994b04af4784a42d469bcc26bc11130e179ad9beaf157f4ca78902684b0');
INSERT INTO readings VALUES (8, '2.3', '2.3', '8a45a2090a1b', NULL, 'quarantined', 'unreadable', 'this PDF is damaged (Failed to load document (PDFium: Data format error).); get the policy''s text in another form', NULL, NULL, '\xa05ea0825f5887b8aa59309a8f8255fec77aafff3e6438b583c8b04a805d1035');
INSERT INTO reviews VALUES (1, 1, 'accepted', 'ann', 'read it', '2019-03-13 05:06:07.890123+00', '\x8fae9d062738d412e209b2e3fda7a32c7663b36ec2fcc01c45fc1c1870e0903f');
INSERT INTO reviews VALUES (2, 4, 'rejected', 'bob', '', '2019-03-13 05:06:07.890123+00', '\x600188cfe3067cbac99dd142d2e3cbcef055e97bf592d4788e178f9315babfe4');
INSERT INTO subscribers VALUES (1, 'reader@marmot.example', '[]', '2019-03-04 05:06:07.890123+00', false);
INSERT INTO told VALUES (1, 'marmot', 'privacy', '2019-03-05 05:06:07.890123+00');
SELECT pg_catalog.setval('captures_id_seq', 8, true);
SELECT pg_catalog.setval('listed_rows_id_seq', 1, true);
SELECT pg_catalog.setval('listings_id_seq', 1, true);
SELECT pg_catalog.setval('outbox_id_seq', 1, true);
SELECT pg_catalog.setval('reviews_id_seq', 2, true);
SELECT pg_catalog.setval('subscribers_id_seq', 1, true);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY captures
    ADD CONSTRAINT captures_identity_key UNIQUE (identity);
ALTER TABLE ONLY captures
    ADD CONSTRAINT captures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY counts
    ADD CONSTRAINT counts_pkey PRIMARY KEY (vendor, policy);
ALTER TABLE ONLY documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (sha256);
ALTER TABLE ONLY listed_rows
    ADD CONSTRAINT listed_rows_identity_key UNIQUE (identity);
ALTER TABLE ONLY listed_rows
    ADD CONSTRAINT listed_rows_pkey PRIMARY KEY (id);
ALTER TABLE ONLY listings
    ADD CONSTRAINT listings_identity_key UNIQUE (identity);
ALTER TABLE ONLY listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY payloads
    ADD CONSTRAINT payloads_pkey PRIMARY KEY (sha256);
ALTER TABLE ONLY policies
    ADD CONSTRAINT policies_pkey PRIMARY KEY (vendor, policy);
ALTER TABLE ONLY readings
    ADD CONSTRAINT readings_pkey PRIMARY KEY (capture_id, reader);
ALTER TABLE ONLY reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (id);
ALTER TABLE ONLY subscribers
    ADD CONSTRAINT subscribers_address_key UNIQUE (address);
ALTER TABLE ONLY subscribers
    ADD CONSTRAINT subscribers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY told
    ADD CONSTRAINT told_pkey PRIMARY KEY (subscriber_id, vendor, policy);
ALTER TABLE ONLY unread
    ADD CONSTRAINT unread_pkey PRIMARY KEY (vendor, policy, capture_id);
CREATE INDEX captures_by_policy ON captures USING btree (vendor, policy, captured_at);
CREATE INDEX listed_rows_by_listing ON listed_rows USING btree (listing_id);
CREATE INDEX listed_rows_by_text ON listed_rows USING btree (vendor, policy, text);
CREATE INDEX listed_rows_in_turn ON listed_rows USING btree (vendor, policy, tried, id);
CREATE INDEX listings_by_policy ON listings USING btree (vendor, policy);
CREATE INDEX outbox_by_subscriber ON outbox USING btree (subscriber_id);
CREATE INDEX outbox_waiting ON outbox USING btree (id) WHERE (sent_at IS NULL);
CREATE INDEX policies_by_newest ON policies USING btree (newest);
CREATE INDEX policies_untold ON policies USING btree (vendor, policy) WHERE (revision > composed);
CREATE INDEX reviews_by_capture ON reviews USING btree (capture_id);
ALTER TABLE ONLY captures
    ADD CONSTRAINT captures_sha256_fkey FOREIGN KEY (sha256) REFERENCES payloads(sha256);
ALTER TABLE ONLY listed_rows
    ADD CONSTRAINT listed_rows_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE;
ALTER TABLE ONLY outbox
    ADD CONSTRAINT outbox_subscriber_id_fkey FOREIGN KEY (subscriber_id) REFERENCES subscribers(id) ON DELETE CASCADE;
ALTER TABLE ONLY readings
    ADD CONSTRAINT readings_capture_id_fkey FOREIGN KEY (capture_id) REFERENCES captures(id);
ALTER TABLE ONLY readings
    ADD CONSTRAINT readings_document_sha256_fkey FOREIGN KEY (document_sha256) REFERENCES documents(sha256);
ALTER TABLE ONLY reviews
    ADD CONSTRAINT reviews_capture_id_fkey FOREIGN KEY (capture_id) REFERENCES captures(id);
ALTER TABLE ONLY told
    ADD CONSTRAINT told_subscriber_id_fkey FOREIGN KEY (subscriber_id) REFERENCES subscribers(id) ON DELETE CASCADE;
ALTER TABLE ONLY unread
    ADD CONSTRAINT unread_capture_id_fkey FOREIGN KEY (capture_id) REFERENCES captures(id);
