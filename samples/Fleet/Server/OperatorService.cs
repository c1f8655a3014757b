using System.Runtime.CompilerServices;
using Fleet.Contracts;
using Microsoft.AspNetCore.Authorization;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>
/// Relays operators' calls to agents. Stream items are relayed as the operator reads them: backpressure reaches the agent, and the
/// server buffers at most one stream window. Callers need the role of operators, for each method.
/// </summary>
[Authorize(Roles = FleetRoles.Operator)]
internal sealed class OperatorService(AgentDirectory directory, ITunnelClients<IFleetAgent> agents) : IOperator
{
    public Task<IReadOnlyList<AgentInfo>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<AgentInfo>>(
    [
        .. directory.Agents.Select(a => new AgentInfo(
            a.Name, a.Description.Groups, a.Description.Commands, a.Description.Transport
                ?? a.Session.Transport, a.Session.RemoteEndPoint, a.Session.ConnectedSince)),
    ]);

    public IAsyncEnumerable<CommandOutput> RunAsync(
        string agent, string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RelayAsync(agent, GetAgent(agent).RunAsync(command, arguments, cancellationToken), cancellationToken);

    public IAsyncEnumerable<string> TailAsync(string agent, string log, int lines, CancellationToken cancellationToken) =>
        RelayAsync(agent, GetAgent(agent).TailAsync(log, lines, cancellationToken), cancellationToken);

    public async Task<StoredFile> UploadAsync(
        string agent, string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken)
    {
        try
        {
            // The stream and the progress are references to objects of the operator; they are passed on like any other reference.
            return await GetAgent(agent).ReceiveAsync(name, content, stored, cancellationToken);
        }
        catch (TunnelException error)
        {
            throw ToAgentException(agent, error);
        }
    }

    public async Task<IReadOnlyList<Delivery>> BroadcastAsync(string? group, string text, CancellationToken cancellationToken)
    {
        IReadOnlyList<TunnelBroadcastResult<bool>> outcomes = await agents.Group(group ?? AgentDirectory.AllAgentsGroup)
            .With(timeout: TimeSpan.FromSeconds(10))
            .InvokeEachAsync(
                async (agent, token) =>
                {
                    await agent.NotifyAsync(text, token);
                    return true;
                },
                cancellationToken);
        Dictionary<string, string> names = directory.Agents.ToDictionary(a => a.Session.Id, a => a.Name);
        return [.. outcomes.Select(o => new Delivery(names.GetValueOrDefault(o.SessionId, o.SessionId), o.Error?.Message))
            .OrderBy(d => d.Agent, StringComparer.Ordinal)];
    }

    private IFleetAgent GetAgent(string agent) => agents.Session(directory.Get(agent).Session.Id);

    private static async IAsyncEnumerable<T> RelayAsync<T>(
        string agent, IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<T> source = items.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await source.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (TunnelException error)
            {
                throw ToAgentException(agent, error);
            }

            yield return source.Current;
        }
    }

    /// <summary>
    /// The operator gets what the agent has answered. Without this, the failure of a call to an agent would be an unhandled exception here.
    /// </summary>
    private static TunnelException ToAgentException(string agent, TunnelException error) => new(
        error.Status,
        error.Status == TunnelStatus.Unavailable ? $"The agent {agent} was disconnected: {error.Message}" : error.Message,
        error);
}
