using System.Collections.Concurrent;
using Fleet.Contracts;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>The agents that are connected. Thread-safe.</summary>
internal sealed partial class AgentDirectory(ITunnelGroups groups, ILogger<AgentDirectory> logger)
{
    /// <summary>Every agent is in it. Operators have sessions, too: a broadcast to all sessions would reach them.</summary>
    public const string AllAgentsGroup = "*";

    private readonly ConcurrentDictionary<string, RegisteredAgent> _agents = new(StringComparer.Ordinal);

    public IEnumerable<RegisteredAgent> Agents => _agents.Values.OrderBy(a => a.Name, StringComparer.Ordinal);

    /// <summary>The agent of a name.</summary>
    /// <exception cref="TunnelException">It is not connected.</exception>
    public RegisteredAgent Get(string name) => _agents.GetValueOrDefault(name) ?? throw new TunnelException(
        TunnelStatus.NotFound,
        $"No agent {name} is connected. Connected are: {string.Join(", ", Agents.Select(a => a.Name).DefaultIfEmpty("none"))}.");

    /// <summary>Lists an agent until its session ends.</summary>
    public void Add(RegisteredAgent agent)
    {
        RegisteredAgent? former = null;
        _agents.AddOrUpdate(agent.Name, agent, (_, other) =>
        {
            former = other;
            return agent;
        });
        if (former is not null && former.Session.Id != agent.Session.Id)
        {
            // Its session may linger until a ping goes unanswered; broadcasts need not wait for it.
            LeaveGroups(former.Session.Id);
        }

        LeaveGroups(agent.Session.Id);
        foreach (string group in agent.Description.Groups.Append(AllAgentsGroup))
        {
            groups.Join(agent.Session.Id, group);
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

    private void LeaveGroups(string session)
    {
        foreach (string group in groups.GroupsOf(session))
        {
            groups.Leave(session, group);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The agent {Agent} has joined in session {Session}.")]
    private static partial void LogJoined(ILogger logger, string agent, TunnelSessionInfo session);

    [LoggerMessage(2, LogLevel.Information, "The agent {Agent} has left.")]
    private static partial void LogDisconnected(ILogger logger, string agent);
}
