namespace TunnelRpc.Calls.Tests.Groups;

internal sealed class Club(ITunnelGroups groups, ITunnelClients<IMember> members, ITunnelCaller<IMember> caller) : IClub
{
    public Task<bool> JoinAsync(string group) => groups.JoinAsync(TunnelCallContext.Current!.SessionId, group).AsTask();

    public Task<bool> LeaveAsync(string group) => groups.LeaveAsync(caller.SessionId, group).AsTask();

    public Task SendToOthersAsync(string group, string text) => members.Group(group, except: caller.SessionId).AcceptAsync(text);
}
