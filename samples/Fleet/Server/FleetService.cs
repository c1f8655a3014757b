using Fleet.Contracts;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>Registers agents in the fleet.</summary>
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

        await directory.AddAsync(new RegisteredAgent(agent, caller.Session));
    }
}
