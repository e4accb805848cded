"""A todo backend on the stack of the plans that Duly was written from: FastAPI, SQLModel, PostgreSQL. To compare with."""

import uuid
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import SQLModel, func, or_, select

from auth import CurrentUser
from database import engine, get_session
from models import Completion, OneTask, Priority, Tag, Task, TaskCreate, TaskPage, TaskTag, TaskUpdate, now

Session = Annotated[AsyncSession, Depends(get_session)]
router = APIRouter(prefix="/api/v1/users/{user_id}/tasks")


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


async def require_task(session: AsyncSession, user_id: str, task_id: uuid.UUID) -> Task:
    found = select(Task).where(Task.user_id == user_id, Task.id == task_id, Task.deleted_at.is_(None))
    task = (await session.execute(found.options(selectinload(Task.tags)))).scalar_one_or_none()
    if task is None:
        raise HTTPException(404, "No such task")
    return task


async def get_or_create_tags(session: AsyncSession, user_id: str, names: list[str]) -> list[Tag]:
    wanted = set(names)
    if not wanted:
        return []
    find = select(Tag).where(Tag.user_id == user_id, Tag.name.in_(wanted))
    tags = (await session.execute(find)).scalars().all()
    missing = wanted - {tag.name for tag in tags}
    if not missing:
        return list(tags)
    rows = [{"id": uuid.uuid4(), "user_id": user_id, "name": name} for name in missing]
    # Another request may insert the same tags at this moment.
    await session.execute(insert(Tag).values(rows).on_conflict_do_nothing())
    return list((await session.execute(find)).scalars())


async def commit(session: AsyncSession) -> None:
    try:
        await session.commit()
    except StaleDataError as error:
        raise HTTPException(409, "Changed meanwhile") from error


@router.get("", response_model=TaskPage)
async def list_tasks(
    user_id: CurrentUser,
    session: Session,
    search: str | None = None,
    status: Literal["all", "pending", "completed"] = "all",
    priority: Priority | Literal["all"] = "all",
    tags: Annotated[list[str] | None, Query(alias="tags[]")] = None,
    sort_by: Literal["created_at", "updated_at", "title", "due_date", "priority"] = "created_at",
    sort_direction: Literal["asc", "desc"] = "desc",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    conditions = [Task.user_id == user_id, Task.deleted_at.is_(None)]
    if search:
        conditions.append(or_(Task.title.icontains(search), Task.description.icontains(search)))
    if status != "all":
        conditions.append(Task.completed == (status == "completed"))
    if priority != "all":
        conditions.append(Task.priority == priority)
    if tags:
        conditions.append(Task.id.in_(select(TaskTag.task_id).join(Tag).where(Tag.name.in_(tags))))
    key = getattr(Task, sort_by)
    page = (
        select(Task).where(*conditions).options(selectinload(Task.tags))
        .order_by(key.desc() if sort_direction == "desc" else key.asc()).limit(limit).offset(offset)
    )
    total = await session.scalar(select(func.count()).select_from(Task).where(*conditions))
    return {"data": (await session.execute(page)).scalars().all(), "total": total}


@router.post("", response_model=OneTask, status_code=201)
async def create_task(user_id: CurrentUser, session: Session, body: TaskCreate):
    task = Task(user_id=user_id, **body.model_dump(exclude={"tags"}))
    task.tags = await get_or_create_tags(session, user_id, body.tags)
    session.add(task)
    await commit(session)
    return {"data": task}


@router.get("/{task_id}", response_model=OneTask)
async def get_task(user_id: CurrentUser, session: Session, task_id: uuid.UUID):
    return {"data": await require_task(session, user_id, task_id)}


@router.patch("/{task_id}", response_model=OneTask)
async def update_task(user_id: CurrentUser, session: Session, task_id: uuid.UUID, body: TaskUpdate):
    task = await require_task(session, user_id, task_id)
    for name, value in body.model_dump(exclude_unset=True, exclude={"tags"}).items():
        setattr(task, name, value)
    if body.tags is not None:
        task.tags = await get_or_create_tags(session, user_id, body.tags)
    await commit(session)
    return {"data": task}


@router.patch("/{task_id}/complete", response_model=OneTask)
async def complete_task(user_id: CurrentUser, session: Session, task_id: uuid.UUID, body: Completion):
    task = await require_task(session, user_id, task_id)
    task.completed = body.completed
    await commit(session)
    return {"data": task}


@router.delete("/{task_id}", status_code=204)
async def delete_task(user_id: CurrentUser, session: Session, task_id: uuid.UUID) -> None:
    task = await require_task(session, user_id, task_id)
    task.deleted_at = now()
    await commit(session)


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True,
    allow_methods=["*"], allow_headers=["*"],
)
app.include_router(router)


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    return {"status": "ok"}
