"""The peer: one authenticated job by its id, as FastAPI, asyncpg and PyJWT do it with the least code.

BENCH_DATABASE is asyncpg's address of the database, BENCH_KEY the signing key.
"""
import os

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()
pool = None


@app.on_event("startup")
async def connect():
    global pool
    pool = await asyncpg.create_pool(os.environ["BENCH_DATABASE"], min_size=8, max_size=8)


def caller(authorization: str = Header(...)):
    try:
        return jwt.decode(authorization[len("Bearer "):], os.environ["BENCH_KEY"], algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401)


@app.get("/api/v1/jobs/{job}")
async def show(job: int, user: str = Depends(caller)):
    async with pool.acquire() as connection:
        row = await connection.fetchrow(
            "select id, kind, state, progress, created_at from bench_job where id = $1 and owner = $2", job, user)
    if row is None:
        raise HTTPException(404)
    return dict(row)
