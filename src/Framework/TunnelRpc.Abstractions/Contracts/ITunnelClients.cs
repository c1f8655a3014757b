namespace TunnelRpc;

/// <summary>
/// The clients that are connected to this server. Thread-safe; inject it anywhere. Every stub may be kept: whom it calls is
/// found anew at each call.
/// </summary>
/// <remarks>
/// Stubs of several sessions make each call to every session that belongs to them at that moment. They take methods without
/// a result only; results of each come from <see cref="TunnelStubExtensions.InvokeEachAsync"/>. A one-way call completes when it is
/// handed to every session; one that is going away meanwhile is left out. A call that is waited for completes
/// when every session has, and fails with <see cref="TunnelBroadcastException"/> when one did. Nobody there is no failure.
/// </remarks>
/// <typeparam name="TCallback">The contract that the clients serve.</typeparam>
public interface ITunnelClients<out TCallback>
    where TCallback : class
{
    /// <summary>The names of the sessions that are connected now.</summary>
    IReadOnlyCollection<string> SessionIds { get; }

    /// <summary>The sessions that are connected now.</summary>
    IReadOnlyCollection<TunnelSessionInfo> Sessions { get; }

    /// <summary>Every session.</summary>
    TCallback All { get; }

    /// <summary>One session. Its calls fail with <see cref="TunnelStatus.Unavailable"/> when it is not connected.</summary>
    TCallback Session(string sessionId);

    /// <summary>Every session but these.</summary>
    TCallback Except(params IReadOnlyCollection<string> sessionIds);

    /// <summary>The members of a group, see <see cref="ITunnelGroups"/>; a group without members is nobody.</summary>
    /// <param name="name">The group.</param>
    /// <param name="except">Members that are left out, for instance the one that makes the call.</param>
    TCallback Group(string name, params IReadOnlyCollection<string> except);

    /// <summary>Every session that meets a condition, for instance those of one user. The condition is asked at each call, and must be thread-safe.</summary>
    TCallback Where(Func<TunnelSessionInfo, bool> condition);
}
