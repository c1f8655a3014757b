using Fleet.Contracts;
using TunnelRpc;

namespace Fleet.Server;

/// <summary>An agent and its session.</summary>
internal sealed record RegisteredAgent(AgentDescription Description, TunnelSessionInfo Session)
{
    public string Name => Description.Name;
}
