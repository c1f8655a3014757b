using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

/// <summary>How tests start sessions that nothing is above of.</summary>
internal static class SessionStartExtensions
{
    /// <summary>Starts a session whose data goes to <paramref name="sink"/>.</summary>
    public static void Start(this TunnelSession session, ISessionHandler sink)
    {
        session.SetHandler(sink);
        session.Start();
    }
}
