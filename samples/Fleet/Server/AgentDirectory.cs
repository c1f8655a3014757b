using System.Collections.Concurrent;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>The connected agents. Thread-safe.</summary>
internal sealed partial class AgentDirectory(ITunnelGroups groups, ILogger<AgentDirectory> logger)
{
    /// <summary>The group of all agents. Operators have sessions too, so a broadcast to all sessions would reach them.</summary>
    public const string AllAgentsGroup = "*";

    private readonly ConcurrentDictionary<string, RegisteredAgent> _agents = new(StringComparer.Ordinal);

    public IEnumerable<RegisteredAgent> Agents => _agents.Values.OrderBy(a => a.Name, StringComparer.Ordinal);

    /// <summary>Finds an agent by name.</summary>
    /// <exception cref="TunnelException">No agent of this name is connected.</exception>
    public RegisteredAgent Get(string name) => _agents.GetValueOrDefault(name) ?? throw new TunnelException(
        TunnelStatus.NotFound,
        $"No agent {name} is connected. Connected are: {string.Join(", ", Agents.Select(a => a.Name).DefaultIfEmpty("none"))}.");

    /// <summary>Adds an agent and its group memberships. The agent is removed when its session ends.</summary>
    public async Task AddAsync(RegisteredAgent agent)
    {
        RegisteredAgent? former = null;
        _agents.AddOrUpdate(agent.Name, agent, (_, other) =>
        {
            former = other;
            return agent;
        });
        if (former is not null && former.Session.Id != agent.Session.Id)
        {
            // The old session may exist until a ping times out. It leaves the group now, so that broadcasts do not wait for it.
            await LeaveGroupsAsync(former.Session.Id);
        }

        await LeaveGroupsAsync(agent.Session.Id);
        foreach (string group in agent.Description.Groups.Append(AllAgentsGroup))
        {
            await groups.JoinAsync(agent.Session.Id, group);
        }

        LogJoined(logger, agent.Name, agent.Session);
        _ = RemoveWhenEndedAsync(agent);
    }

    private async Task RemoveWhenEndedAsync(RegisteredAgent agent)
    {
        await agent.Session.Completion;
        if (_agents.TryRemove(KeyValuePair.Create(agent.Name, agent)))
        {
            LogDisconnected(logger, agent.Name);
        }
    }

    private async Task LeaveGroupsAsync(string session)
    {
        foreach (string group in await groups.GetGroupsAsync(session))
        {
            await groups.LeaveAsync(session, group);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The agent {Agent} joined in session {Session}.")]
    private static partial void LogJoined(ILogger logger, string agent, TunnelSessionInfo session);

    [LoggerMessage(2, LogLevel.Information, "The agent {Agent} left.")]
    private static partial void LogDisconnected(ILogger logger, string agent);
}
