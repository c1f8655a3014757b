using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>Starts sessions without a multiplexer.</summary>
internal static class SessionStartExtensions
{
    /// <summary>Starts a session that passes received data to <paramref name="sink"/>.</summary>
    public static void Start(this TunnelSession session, ISessionHandler sink)
    {
        session.SetHandler(sink);
        session.Start();
    }
}
