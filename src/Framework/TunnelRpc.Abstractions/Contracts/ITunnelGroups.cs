namespace TunnelRpc;

/// <summary>
/// The membership of sessions in groups. A group needs no declaration: it exists while it has members. Inject it anywhere in a server.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Names of groups are case-sensitive and have at most 256 characters.</item>
/// <item>A session that ends leaves its groups. A client that reconnects has a new session, which is in no group.</item>
/// <item>A change is in effect when the returned task has completed.</item>
/// <item>The groups are those of this server. Its operations complete synchronously.</item>
/// <item>An operation whose token is cancelled already does nothing and throws <see cref="OperationCanceledException"/>.</item>
/// <item>Thread-safe.</item>
/// </list>
/// In a call, <see cref="TunnelCallContext.SessionId"/> is the id of the caller's session.
/// </remarks>
public interface ITunnelGroups
{
    /// <summary>Makes a session a member of a group. Does nothing if it is one already.</summary>
    /// <param name="sessionId">The id of the session.</param>
    /// <param name="group">The name of the group.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>True if the session is a member now; false if the session is not connected.</returns>
    /// <exception cref="ArgumentException">A name is empty, or the name of the group has more than 256 characters.</exception>
    /// <exception cref="TunnelException">
    /// <see cref="TunnelStatus.ResourceExhausted"/>: the session is in as many groups as the server's limit <c>MaxGroupsPerSession</c>
    /// allows.
    /// </exception>
    ValueTask<bool> JoinAsync(string sessionId, string group, CancellationToken cancellationToken = default);

    /// <summary>Removes a session from a group.</summary>
    /// <param name="sessionId">The id of the session.</param>
    /// <param name="group">The name of the group.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>True if the session was a member; otherwise false.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    ValueTask<bool> LeaveAsync(string sessionId, string group, CancellationToken cancellationToken = default);

    /// <summary>Gets the ids of the sessions that are members of a group now.</summary>
    /// <param name="group">The name of the group.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>A snapshot; empty if the group does not exist.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    ValueTask<IReadOnlyCollection<string>> GetMembersAsync(string group, CancellationToken cancellationToken = default);

    /// <summary>Gets the names of the groups in which a session is now.</summary>
    /// <param name="sessionId">The id of the session.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>A snapshot; empty if the session is not connected.</returns>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    ValueTask<IReadOnlyCollection<string>> GetGroupsAsync(string sessionId, CancellationToken cancellationToken = default);
}
