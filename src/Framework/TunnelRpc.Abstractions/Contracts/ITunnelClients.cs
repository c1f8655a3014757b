namespace TunnelRpc;

/// <summary>
/// The clients that are connected to this server. Thread-safe; a singleton that can be injected anywhere.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A stub may be kept. It looks up its target sessions at each call.</item>
/// <item>A broadcast stub (<see cref="All"/>, <see cref="Except"/>, <see cref="Group"/>, <see cref="User"/>, <see cref="Users"/>,
/// <see cref="Where"/>) makes each call to every session that matches at the time of the call. If none matches, the call succeeds.</item>
/// <item>A broadcast stub supports only methods without a result. Use <see cref="TunnelStubExtensions.InvokeEachAsync"/> or
/// <see cref="TunnelStubExtensions.GatherAsync"/> to get the result of each session.</item>
/// <item>A one-way broadcast completes when the call is written to the send buffer of every session. A session that ends in the meantime is
/// skipped. <see cref="TunnelBroadcastPolicy"/> says what happens with a session that does not read; by default it is waited for at most
/// 5 s.</item>
/// <item>Any other broadcast completes when every session has completed the call, and fails with
/// <see cref="TunnelBroadcastException"/> if the call failed at one session or more.</item>
/// </list>
/// </remarks>
/// <typeparam name="TCallback">The contract that the clients serve.</typeparam>
public interface ITunnelClients<out TCallback>
    where TCallback : class
{
    /// <summary>A snapshot of the ids of the connected sessions.</summary>
    IReadOnlyCollection<string> SessionIds { get; }

    /// <summary>A snapshot of the connected sessions.</summary>
    IReadOnlyCollection<TunnelSessionInfo> Sessions { get; }

    /// <summary>A broadcast stub that calls every session.</summary>
    TCallback All { get; }

    /// <summary>
    /// A stub that calls one session. Its calls fail with <see cref="TunnelStatus.Unavailable"/> while the session is not connected.
    /// </summary>
    TCallback Session(string sessionId);

    /// <summary>A broadcast stub that calls every session except those listed.</summary>
    TCallback Except(params IReadOnlyCollection<string> sessionIds);

    /// <summary>
    /// A broadcast stub that calls the members of a group (see <see cref="ITunnelGroups"/>). A group without members is not an error.
    /// </summary>
    /// <param name="name">The name of the group.</param>
    /// <param name="except">The ids of sessions to skip, for instance the caller's.</param>
    TCallback Group(string name, params IReadOnlyCollection<string> except);

    /// <summary>
    /// A broadcast stub that calls all sessions of a user. A user without a session is not an error. The id of a user is what the server's
    /// option UserIdSelector returns, as for <see cref="ITunnelSessions.OfUser"/>.
    /// </summary>
    /// <param name="userId">The id of the user.</param>
    TCallback User(string userId);

    /// <summary>A broadcast stub that calls all sessions of several users, as <see cref="User"/>.</summary>
    /// <param name="userIds">The ids of the users.</param>
    TCallback Users(params IReadOnlyCollection<string> userIds);

    /// <summary>A broadcast stub that calls every session for which a predicate returns true.</summary>
    /// <param name="condition">The predicate. Evaluated for each session at each call; must be thread-safe.</param>
    TCallback Where(Func<TunnelSessionInfo, bool> condition);
}
