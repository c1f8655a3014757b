namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>A server whose clients form groups.</summary>
[TunnelService(Callback = typeof(IMember))]
public partial interface IClub
{
    Task<bool> JoinAsync(string group);

    Task<bool> LeaveAsync(string group);

    /// <summary>Tells everybody in the group but the caller.</summary>
    Task TellOthersAsync(string group, string text);
}
