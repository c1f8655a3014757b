namespace TunnelRpc.Calls.Tests.Groups;

internal sealed class Club(ITunnelGroups groups, ITunnelClients<IMember> members, ITunnelCaller<IMember> caller) : IClub
{
    public Task<bool> JoinAsync(string group) => Task.FromResult(groups.Join(TunnelCallContext.Current!.SessionId, group));

    public Task<bool> LeaveAsync(string group) => Task.FromResult(groups.Leave(caller.SessionId, group));

    public Task TellOthersAsync(string group, string text) => members.Group(group, except: caller.SessionId).AcceptAsync(text);
}
