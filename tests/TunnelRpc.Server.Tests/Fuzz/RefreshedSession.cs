using TunnelRpc.Sessions;

namespace TunnelRpc.Server.Tests.Fuzz;

/// <summary>A session whose authentication is refreshed, as the test knows it. Used by one test at a time.</summary>
internal sealed class RefreshedSession(string user, SessionTicket ticket, string role)
{
    public string User => user;

    public SessionTicket Ticket => ticket;

    /// <summary>The highest number that the server has accepted.</summary>
    public long LastNumber { get; set; }

    /// <summary>The role of the authentication that the server has accepted last.</summary>
    public string Role { get; set; } = role;
}
