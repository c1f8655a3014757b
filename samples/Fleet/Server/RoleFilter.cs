using TunnelRpc;

namespace Fleet.Server;

/// <summary>Allows calls of a contract by callers of one role only.</summary>
internal abstract class RoleFilter(string role) : ITunnelFilter
{
    public async ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        if (TunnelCallContext.Current?.User?.IsInRole(role) != true)
        {
            throw new TunnelException(TunnelStatus.PermissionDenied, $"{context.Method} is for the role {role}: connect with its token.");
        }

        await next(context);
    }
}
