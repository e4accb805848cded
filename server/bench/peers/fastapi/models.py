"""The tables and the bodies of requests and responses, as the plans describe them."""

import uuid
from datetime import UTC, date, datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field as BodyField, field_validator
from sqlalchemy import Column, DateTime, Index, Integer, UniqueConstraint
from sqlmodel import Field, Relationship, SQLModel

SQLModel.metadata.schema = "fastapi"


def now() -> datetime:
    return datetime.now(UTC)


class Priority(str, Enum):
    High = "High"
    Medium = "Medium"
    Low = "Low"


class TaskTag(SQLModel, table=True):
    __tablename__ = "task_tags"
    task_id: uuid.UUID = Field(foreign_key="fastapi.tasks.id", primary_key=True, ondelete="CASCADE")
    tag_id: uuid.UUID = Field(foreign_key="fastapi.tags.id", primary_key=True, ondelete="CASCADE", index=True)


class Tag(SQLModel, table=True):
    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("user_id", "name"),)
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    name: str = Field(max_length=50)
    user_id: str


version_column = Column("version", Integer, nullable=False)


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    __table_args__ = (Index("tasks_user_created", "user_id", "created_at"),)
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    user_id: str
    title: str = Field(max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    completed: bool = False
    priority: Priority = Priority.Medium
    due_date: date | None = None
    version: int = Field(default=1, sa_column=version_column)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(
        default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"onupdate": now}
    )
    deleted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    tags: list[Tag] = Relationship(link_model=TaskTag, sa_relationship_kwargs={"order_by": "Tag.name"})
    # The update of a row that another request has changed meanwhile fails.
    __mapper_args__ = {"version_id_col": version_column}


class TaskCreate(BaseModel):
    title: str = BodyField(min_length=1, max_length=200)
    description: str | None = BodyField(default=None, max_length=1000)
    priority: Priority = Priority.Medium
    due_date: date | None = None
    tags: list[str] = []


class TaskUpdate(BaseModel):
    title: str | None = BodyField(default=None, min_length=1, max_length=200)
    description: str | None = BodyField(default=None, max_length=1000)
    completed: bool | None = None
    priority: Priority | None = None
    due_date: date | None = None
    tags: list[str] | None = None


class Completion(BaseModel):
    completed: bool


class TaskResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    priority: Priority
    due_date: date | None
    tags: list[str]
    version: int
    created_at: datetime
    updated_at: datetime

    @field_validator("tags", mode="before")
    @classmethod
    def names_of(cls, tags: list[Tag | str]) -> list[str]:
        return [tag.name if isinstance(tag, Tag) else tag for tag in tags]


class OneTask(BaseModel):
    data: TaskResponse


class TaskPage(BaseModel):
    data: list[TaskResponse]
    total: int
