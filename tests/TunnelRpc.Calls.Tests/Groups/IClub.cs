namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>The contract of a server whose clients form groups.</summary>
[TunnelService(Callback = typeof(IMember))]
public partial interface IClub
{
    Task<bool> JoinAsync(string group);

    Task<bool> LeaveAsync(string group);

    /// <summary>Sends a text to every member of the group except the caller.</summary>
    Task SendToOthersAsync(string group, string text);
}
