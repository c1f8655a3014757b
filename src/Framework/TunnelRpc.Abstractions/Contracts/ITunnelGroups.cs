namespace TunnelRpc;

/// <summary>
/// Which session of this server is in which groups. Groups need no declaration: one exists while it has members. A
/// session that ends leaves its groups; one that comes again is in none. Thread-safe; inject it anywhere.
/// </summary>
/// <remarks>Names are case-sensitive. Inside a call, the caller's session is <see cref="TunnelCallContext.SessionId"/>.</remarks>
public interface ITunnelGroups
{
    /// <summary>Makes a session a member of a group; to be one already is no failure.</summary>
    /// <returns>Whether it is a member now; false when the session is not connected.</returns>
    /// <exception cref="ArgumentException">A name is empty, or the group's is longer than 256 characters.</exception>
    /// <exception cref="TunnelException"><see cref="TunnelStatus.ResourceExhausted"/>: the session is in as many groups as <c>MaxGroupsPerSession</c> allows.</exception>
    bool Join(string sessionId, string group);

    /// <summary>Takes a session out of a group.</summary>
    /// <returns>Whether it was a member.</returns>
    bool Leave(string sessionId, string group);

    /// <summary>The sessions in a group now; none when there is no such group.</summary>
    IReadOnlyCollection<string> MembersOf(string group);

    /// <summary>The groups that a session is in now; none when it is not connected.</summary>
    IReadOnlyCollection<string> GroupsOf(string sessionId);
}
