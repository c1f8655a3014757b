using Fleet.Contracts;
using Microsoft.AspNetCore.Authorization;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>Registers agents in the fleet. Callers need the role of agents.</summary>
[Authorize(Roles = FleetRoles.Agent)]
internal sealed class FleetService(AgentDirectory directory, ITunnelCaller<IFleetAgent> caller) : IFleet
{
    private const int MaxNameLength = 64;

    public async Task RegisterAsync(AgentDescription agent, CancellationToken cancellationToken)
    {
        // The description is shown to operators and names groups, so it is validated like any other input.
        foreach (string name in agent.Groups.Prepend(agent.Name))
        {
            if (name.Length is 0 or > MaxNameLength || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            {
                throw new TunnelException(
                    TunnelStatus.InvalidArgument,
                    $"The names of an agent and of its groups have 1 to {MaxNameLength} letters, digits, '-', '_' and '.'; one of "
                    + $"{name.Length} characters has not.");
            }
        }

        if (agent.Name != caller.Session.User?.Identity?.Name)
        {
            throw new TunnelException(
                TunnelStatus.PermissionDenied, $"The token is not that of an agent {agent.Name}: each agent registers with its own token.");
        }

        await directory.AddAsync(new RegisteredAgent(agent, caller.Session));
    }
}
