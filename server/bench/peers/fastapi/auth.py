"""HS256 tokens of a named issuer, verified for each request. The user of the URL must be the token's."""

import os
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt

secret = os.environ["BETTER_AUTH_SECRET"]
issuer = os.environ["JWT_ISSUER"]
bearer = HTTPBearer(auto_error=False)


async def get_current_user(
    user_id: str, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> str:
    if credentials is None:
        raise HTTPException(401, "No token")
    try:
        claims = jwt.decode(credentials.credentials, secret, ["HS256"], issuer=issuer, audience=issuer)
    except JWTError as error:
        raise HTTPException(401, "Invalid token") from error
    if claims.get("sub") != user_id:
        raise HTTPException(403, "Another user's data")
    return user_id


CurrentUser = Annotated[str, Depends(get_current_user)]
