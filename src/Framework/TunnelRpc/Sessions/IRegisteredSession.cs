namespace TunnelRpc.Sessions;

/// <summary>A session in an <see cref="ISessionRegistry"/>.</summary>
internal interface IRegisteredSession
{
    /// <summary>The session. Always the same instance.</summary>
    TunnelSession Session { get; }
}
