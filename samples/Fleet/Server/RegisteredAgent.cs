using Fleet.Contracts;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>An agent and the session that it is reached by.</summary>
internal sealed record RegisteredAgent(AgentDescription Description, TunnelSessionInfo Session)
{
    public string Name => Description.Name;
}
