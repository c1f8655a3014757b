namespace TunnelRpc.Sessions;

/// <summary>
/// A step that <see cref="SessionWriter.Append{TAppender}"/> runs under the writer's lock, so that the caller's own state and the bytes
/// appended change in one critical section. Implemented by structs: a call allocates nothing.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The writer calls <see cref="Append"/> once, on the calling thread, with its lock held.</item>
/// <item>The implementation does not block, does no I/O and calls no member of the session or the writer other than the scope's.</item>
/// <item>An exception leaves <see cref="SessionWriter.Append{TAppender}"/>. The implementation throws before it appends, never
/// after.</item>
/// </list>
/// </remarks>
internal interface IFrameAppender
{
    /// <param name="scope">Appends to the session's stream. Not valid after the method has returned.</param>
    void Append(SessionWriter.AppendScope scope);
}
